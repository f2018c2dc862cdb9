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

export interface StringShortener {
  add(bytes: Buffer): void;
  /** Whether a fault was found. After it, nothing more is kept. */
  isBad(): boolean;
  end(): LineText;
}

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
export function createStringShortener(): StringShortener {
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
    isBad: () => isBad,
    add(piece) {
      if (isBad) return;
      const bytes = restBytes.length === 0 ? piece : Buffer.concat([restBytes, piece]);
      const complete = bytes.subarray(0, completeBytes(bytes));
      restBytes = Buffer.from(bytes.subarray(complete.length));

      const valid = validPrefix(complete);
      rest = shorten(rest + valid.toString());
      if (valid.length < complete.length) isUtf8 = false;
      if (!isUtf8) isBad = true;
    },
    end() {
      keep(rest);
      if (!isBad && restBytes.length > 0) isUtf8 = false;
      const leftOutBefore = (index: number) =>
        cuts.reduce((sum, { at, characters }) => sum + (at <= index ? characters : 0), 0);
      return { text: kept.join(''), isUtf8, leftOutBefore };
    },
  };
}
