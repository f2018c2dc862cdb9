import { completeBytes, countCharacters, validPrefix } from './encoding.ts';
import { endOfMatch, MAX_DEPTH } from './json.ts';

/** A line as text. */
export interface LineText {
  readonly text: string;
  /** When false, the text ends before the first byte that cannot be UTF-8. */
  readonly isUtf8: boolean;
  /** How many characters of the line are left out of the text before this index. */
  leftOutBefore(at: number): number;
}

/** Longer than any request, and short enough to be one string. */
export const MAX_LINE_BYTES = 256 * 1024 ** 2;
/** A line of at most this length is held unchanged. The strings in a longer one are shortened. */
const MAX_HELD_BYTES = 256 * 1024;

/** Holds a line whose end has not been read yet. */
export interface UnfinishedLine {
  add(bytes: Buffer): void;
  /** The bytes of the line so far; 0 when there is no such line. */
  bytes(): number;
  /** Whether the line is already wrong, whatever follows. */
  isBad(): boolean;
  /** Returns the text so far and forgets it. Undefined when the line is too long. */
  takeText(): LineText | undefined;
  /** Begins the next line. */
  restart(): void;
}

export function createUnfinishedLine(): UnfinishedLine {
  const held = Buffer.allocUnsafeSlow(MAX_HELD_BYTES);
  let bytes = 0;
  let shortener: ReturnType<typeof createStringShortener> | undefined;

  return {
    bytes: () => bytes,
    isBad: () => bytes > MAX_LINE_BYTES || shortener?.isBad() === true,
    add(more) {
      const before = bytes;
      bytes += more.length;
      if (bytes <= held.length) {
        more.copy(held, before);
        return;
      }

      if (before <= held.length) {
        shortener = createStringShortener();
        shortener.add(held.subarray(0, before));
      }
      shortener?.add(more);
    },
    takeText() {
      const isTooLong = bytes > MAX_LINE_BYTES;
      const line = isTooLong ? undefined : (shortener?.end() ?? textOf(held.subarray(0, bytes)));
      shortener = undefined;
      return line;
    },
    restart() {
      bytes = 0;
    },
  };
}

/** Decodes a complete line. */
export function textOf(bytes: Buffer): LineText {
  const valid = validPrefix(bytes);
  return { ...wholeText(valid.toString()), isUtf8: valid.length === bytes.length };
}

export function wholeText(text: string): LineText {
  return { text, isUtf8: true, leftOutBefore: nothing };
}

const nothing = () => 0;

/** A longer string is cut to this length, which is more than is ever compared or shown. */
const MAX_STRING_LENGTH = 1000;
/** The length of `\u0041`. A shorter rest may be an escape that goes on in the next bytes. */
const MAX_ESCAPE_LENGTH = 6;
/** Shorter slices are copied, because a slice keeps all the text that it was cut from in memory. */
const MAX_COPIED_LENGTH = 16_384;

const OUTSIDE_STRINGS = /[ \t\r{}[\],:\d.eE+\-truefalsn]*/y;
const INSIDE_STRING = /(?:[^"\\\u0000-\u001f]+|\\["\\/bfnrt]|\\u[\da-fA-F]{4})*/y;
const CHARACTER = String.raw`(?:[^"\\\u0000-\u001f]|\\["\\/bfnrt]|\\u[\da-fA-F]{4})`;
const START_OF_STRING = new RegExp(`${CHARACTER}{0,${MAX_STRING_LENGTH}}`, 'y');

/**
 * Collects a long line of JSON as it comes, and leaves out most of each long string once it has
 * proved well-formed. The remaining text has the same first fault, and the same values except for
 * these strings. A line with an image or a book in it therefore takes little memory.
 */
function createStringShortener() {
  const kept: string[] = [];
  let keptLength = 0;
  const cuts: { readonly at: number; readonly characters: number }[] = [];
  /** The first bytes of a character that is not complete yet. */
  let restBytes = Buffer.alloc(0);
  /** The text that cannot be judged before more has come. */
  let rest = '';
  let isInString = false;
  /** How many brackets are open. */
  let depth = 0;
  let isUtf8 = true;
  let isBad = false;

  function keep(text: string): void {
    kept.push(text.length > MAX_COPIED_LENGTH ? text : Buffer.from(text).toString());
    keptLength += text.length;
  }

  function leaveOut(text: string): void {
    if (text !== '') cuts.push({ at: keptLength, characters: countCharacters(text) });
  }

  /** Follows the depth, because endless brackets would fill the memory before the line ends. */
  function countBrackets(text: string, start: number, end: number): void {
    for (let at = start; at < end; at += 1) {
      const character = text[at];
      if (character === '[' || character === '{') depth += 1;
      else if (character === ']' || character === '}') depth -= 1;
    }
  }

  /** @returns the rest of the text, which has to be read again together with what follows */
  function shorten(text: string): string {
    // Everything before `from` was kept or left out. Everything before `at` is well-formed.
    let from = 0;
    let at = 0;
    while (true) {
      if (!isInString) {
        const quote = endOfMatch(OUTSIDE_STRINGS, text, at);
        countBrackets(text, at, quote);
        if (text[quote] !== '"' || depth > MAX_DEPTH) {
          isBad = quote < text.length || depth > MAX_DEPTH;
          break;
        }

        const end = endOfMatch(INSIDE_STRING, text, quote + 1);
        const isShort = end - quote <= MAX_STRING_LENGTH;
        if (isShort && text[end] === '"') {
          at = end + 1;
          continue;
        }
        if (isShort && text.length - end < MAX_ESCAPE_LENGTH) {
          keep(text.slice(from, quote));
          return text.slice(quote);
        }

        const cut = endOfMatch(START_OF_STRING, text, quote + 1);
        keep(text.slice(from, cut));
        from = cut;
        at = end;
        isInString = true;
      } else at = endOfMatch(INSIDE_STRING, text, at);

      leaveOut(text.slice(from, at));
      from = at;
      if (text[at] !== '"') {
        if (text.length - at < MAX_ESCAPE_LENGTH) return text.slice(at);
        isBad = true;
        break;
      }
      isInString = false;
      at += 1;
    }
    keep(text.slice(from));
    return '';
  }

  return {
    /** Whether a fault was found. After it, nothing more is kept. */
    isBad: () => isBad,
    add(piece: Buffer): void {
      if (isBad) return;
      const bytes = restBytes.length === 0 ? piece : Buffer.concat([restBytes, piece]);
      const complete = bytes.subarray(0, completeBytes(bytes));
      restBytes = Buffer.from(bytes.subarray(complete.length));

      const valid = validPrefix(complete);
      rest = shorten(rest + valid.toString());
      if (valid.length < complete.length) isUtf8 = false;
      if (!isUtf8) isBad = true;
    },
    end(): LineText {
      keep(rest);
      if (!isBad && restBytes.length > 0) isUtf8 = false;
      const leftOutBefore = (index: number) =>
        cuts.reduce((sum, { at, characters }) => sum + (at <= index ? characters : 0), 0);
      return { text: kept.join(''), isUtf8, leftOutBefore };
    },
  };
}
