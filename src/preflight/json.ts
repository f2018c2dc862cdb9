import { createScanner, parse } from 'jsonc-parser';

/**
 * Deeper than any other reader of the file would accept, and low enough that endless brackets do
 * not fill the memory.
 */
export const MAX_DEPTH = 10_000;

/** Where a text stops being JSON, and what was expected there. */
export interface JsonFault {
  /** An index into the text; its length when the text ends too early. */
  readonly at: number;
  readonly expected: string;
}

const VALUE = 'a value';
const VALUE_OR_CLOSE = 'a value or ]';
const NAME = 'a name in double quotes';
const NAME_OR_CLOSE = 'a name in double quotes or }';
const COLON = 'a colon';
const COMMA_OR_CLOSE = 'a comma or the closing bracket';
export const END = 'the end of the line';
const REST_OF_NUMBER = 'the rest of a number';
export const REST_OF_STRING = 'the rest of the string';

export type JsonObject = Readonly<Record<string, unknown>>;

export function isObject(value: unknown): value is JsonObject {
  return typeof value === 'object' && value !== null && !Array.isArray(value);
}

/** The value of one line; undefined when it is not JSON, or nested deeper than `MAX_DEPTH`. */
export function parseJson(text: string): unknown {
  if (hasManyBrackets(text) && findJsonFault(text) !== undefined) return undefined;
  try {
    return JSON.parse(text);
  } catch {
    return undefined;
  }
}

/** Parses as much of a text as comes before its fault. */
export function parseBefore({ at }: JsonFault, text: string): unknown {
  try {
    return parse(text.slice(0, at));
  } catch {
    // The text is nested deeper than the parser can go.
    return undefined;
  }
}

/**
 * Whether the text has enough brackets to be nested too deep. Only then is the depth worth another
 * reading.
 */
function hasManyBrackets(text: string): boolean {
  if (text.length <= MAX_DEPTH) return false;
  let count = 0;
  for (const bracket of '[{') {
    for (let at = text.indexOf(bracket); at >= 0; at = text.indexOf(bracket, at + 1)) {
      count += 1;
      if (count > MAX_DEPTH) return true;
    }
  }
  return false;
}

/**
 * Finds where and why a line is not JSON. `JSON.parse` cannot tell: its messages differ between
 * versions of Node, and we cannot bound its stack. Returns undefined when nothing is wrong.
 */
export function findJsonFault(text: string): JsonFault | undefined {
  const scanner = createScanner(text);
  /** The brackets that close what is open, innermost last. */
  const closers: string[] = [];
  let expected = VALUE;

  const isValueNext = () => expected === VALUE || expected === VALUE_OR_CLOSE;
  const isNameNext = () => expected === NAME || expected === NAME_OR_CLOSE;
  const afterValue = () => (closers.length === 0 ? END : COMMA_OR_CLOSE);

  while (true) {
    scanner.scan();
    const at = scanner.getTokenOffset();
    const end = at + scanner.getTokenLength();
    const fault = { at, expected };
    const first = text.charAt(at);

    switch (first) {
      case ' ':
      case '\t':
      case '\r':
        break;
      case '':
        return expected === END ? undefined : fault;
      case '{':
      case '[':
        if (!isValueNext()) return fault;
        if (closers.length === MAX_DEPTH) return { at, expected: `at most ${MAX_DEPTH} levels` };
        closers.push(first === '{' ? '}' : ']');
        expected = first === '{' ? NAME_OR_CLOSE : VALUE_OR_CLOSE;
        break;
      case '}':
      case ']':
        if (closers.at(-1) !== first || expected === COLON || expected === VALUE || expected === NAME)
          return fault;
        closers.pop();
        expected = afterValue();
        break;
      case ',':
        if (expected !== COMMA_OR_CLOSE) return fault;
        expected = closers.at(-1) === '}' ? NAME : VALUE;
        break;
      case ':':
        if (expected !== COLON) return fault;
        expected = VALUE;
        break;
      case '"': {
        if (!isValueNext() && !isNameNext()) return fault;
        const inside = faultInString(text, at);
        if (inside !== undefined) return inside;
        expected = isNameNext() ? COLON : afterValue();
        break;
      }
      default: {
        if (!isValueNext()) return fault;
        const isNumber = first === '-' || (first >= '0' && first <= '9');
        const inside = isNumber
          ? faultInNumber(text, end, scanner.getTokenError() !== 0)
          : faultInWord(text.slice(at, end), fault, afterValue());
        if (inside !== undefined) return inside;
        expected = afterValue();
      }
    }
  }
}

/** Matches a string with its opening quote, up to the first character that cannot belong to it. */
const STRING = /"(?:[^"\\\u0000-\u001f]+|\\["\\/bfnrt]|\\u[\da-fA-F]{4})*/y;
const HEX_DIGITS = /[\da-fA-F]*/y;

function faultInString(text: string, start: number): JsonFault | undefined {
  const end = endOfMatch(STRING, text, start);
  if (text[end] === '"') return undefined;
  if (text[end] !== '\\') return { at: end, expected: REST_OF_STRING };
  if (text[end + 1] !== 'u') return { at: end + 1, expected: 'one of "\\/bfnrtu after the backslash' };
  return { at: endOfMatch(HEX_DIGITS, text, end + 2), expected: 'four hexadecimal digits after \\u' };
}

/**
 * `isCut`: whether the scanner found a fault. It finds none in a lone minus, or in characters right
 * after the number.
 */
function faultInNumber(text: string, end: number, isCut: boolean): JsonFault | undefined {
  const isOver = /[ \t\r,\]}]/.test(text.charAt(end)) || end === text.length;
  return isCut || text[end - 1] === '-' || !isOver ? { at: end, expected: REST_OF_NUMBER } : undefined;
}

function faultInWord(found: string, { at, expected }: JsonFault, next: string): JsonFault | undefined {
  const word = ['true', 'false', 'null'].find((each) => each[0] === found[0]);
  if (word === undefined) return { at, expected };
  if (word === found) return undefined;

  let same = 1;
  while (same < word.length && word[same] === found[same]) same += 1;
  return { at: at + same, expected: same < word.length ? 'true, false or null' : next };
}

/** Returns the end of the match of a sticky pattern at `start`. The match may be empty. */
export function endOfMatch(pattern: RegExp, text: string, start: number): number {
  pattern.lastIndex = start;
  pattern.test(text);
  return pattern.lastIndex;
}
