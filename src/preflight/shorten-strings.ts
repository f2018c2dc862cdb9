import { completeBytes, countCharacters, validPrefix } from './encoding.ts';
import { endOfMatch, MAX_DEPTH } from './json.ts';

/** A line as text. */
export interface LineText {
  readonly text: string;
  /** When it is not, the text ends before the first byte that cannot be. */
  readonly isUtf8: boolean;
  /** How many characters of the line were left out of the text before this index. */
  leftOutBefore(at: number): number;
}

export interface StringShortener {
  add(bytes: Buffer): void;
  /** Whether there is a fault already; nothing more is kept then. */
  isBad(): boolean;
  end(): LineText;
}

/** A string that is longer is cut short: more than is ever compared or shown. */
const MAX_STRING_LENGTH = 1000;
/** Of `\u0041`: what is shorter at the end of a piece may go on in the next. */
const MAX_ESCAPE_LENGTH = 6;
/** A slice this long may as well keep the piece that it is a slice of. */
const MAX_COPIED_LENGTH = 16_384;

const OUTSIDE_STRINGS = /[ \t\r{}[\],:\d.eE+\-truefalsn]*/y;
const INSIDE_STRING = /(?:[^"\\\u0000-\u001f]+|\\["\\/bfnrt]|\\u[\da-fA-F]{4})*/y;
const CHARACTER = String.raw`(?:[^"\\\u0000-\u001f]|\\["\\/bfnrt]|\\u[\da-fA-F]{4})`;
const START_OF_STRING = new RegExp(`${CHARACTER}{0,${MAX_STRING_LENGTH}}`, 'y');

/**
 * Collects a long line of JSON that comes in pieces, and leaves out most of what is inside its long
 * strings once that has proved well-formed. The text that remains has the same values but for these
 * strings, and the same first fault. So an image or a book in one line takes little memory.
 */
export function createStringShortener(): StringShortener {
  const kept: string[] = [];
  let keptLength = 0;
  const cuts: { readonly at: number; readonly characters: number }[] = [];
  /** Of a character that goes on in the next piece. */
  let restBytes = Buffer.alloc(0);
  /** What cannot be judged before the next piece has come. */
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

  /** Brackets without end would fill the memory, so they are found before the line is over. */
  function countBrackets(text: string, start: number, end: number): void {
    for (let at = start; at < end; at += 1) {
      const character = text[at];
      if (character === '[' || character === '{') depth += 1;
      else if (character === ']' || character === '}') depth -= 1;
    }
  }

  /** @returns the rest of the text, which has to be read again with what follows it */
  function shorten(text: string): string {
    // What is before `from` was kept or left out, and what is before `at` is well-formed.
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
