import { createFieldFinder, type Field, type JsonKind, type Wanted, type Word } from './field-finder.ts';
import * as grammar from './json-grammar.ts';

/**
 * Reads JSON texts, one after the other, as their bytes come, and holds nothing of them but the values that are wanted. So it
 * does not matter how long a text is, or what it would take as objects; and where a fault is, we find ourselves: what
 * `JSON.parse` says of that differs from one Node to the next. It takes what `JSON.parse` takes, in UTF-8.
 */
export interface JsonScanner {
  /** Reads on. @returns the index of the first byte that cannot be, or -1; after a fault only a `reset` leads on */
  read(bytes: Buffer, start: number, end: number): number;
  /** The text is over. @returns whether it is whole */
  end(): boolean;
  /** What could have come in place of the faulty byte, or of the end, for people. */
  expected(): string;
  /** Where the fault is: in a string, in a character of several bytes, or in neither. */
  place(): 'string' | 'character' | 'structure';
  /** What the text is; undefined as long as nothing but blanks has come. */
  root(): JsonKind | undefined;
  /** The wanted values of this text. */
  readonly fields: readonly (Field | undefined)[];
  /** Begins a new text. */
  reset(): void;
}

/** Deeper than any reader on the way would take; a bound, so that brackets without end do not fill the memory. */
export const MAX_DEPTH = 10_000;

/** Bytes of a string that change nothing: ASCII but for `"`, `\` and control characters. */
const PLAIN = Uint8Array.from({ length: 256 }, (_, byte) =>
  byte >= 0x20 && byte < 0x80 && byte !== 0x22 && byte !== 0x5c ? 1 : 0,
);

export function createJsonScanner(wanted: Wanted): JsonScanner {
  const { NEXT, FIRST, FAULT, STRING, END_NUMBER } = grammar;
  const finder = createFieldFinder(wanted);
  const isObject = new Uint8Array(MAX_DEPTH + 1);
  let state = grammar.VALUE;
  let depth = 0;
  let root: JsonKind | undefined;
  let isName = false;

  const afterValue = () => (depth === 0 ? grammar.END : grammar.COMMA_OR_CLOSE);

  function open(kind: 'object' | 'array'): number {
    if (depth === MAX_DEPTH) return FAULT;
    if (depth === 0) root = kind;
    finder.value(kind);
    finder.enter();
    depth += 1;
    isObject[depth] = kind === 'object' ? 1 : 0;
    return kind === 'object' ? grammar.NAME_OR_CLOSE : grammar.VALUE_OR_CLOSE;
  }

  function close(kind: 'object' | 'array'): number {
    if (isObject[depth] !== (kind === 'object' ? 1 : 0)) return FAULT;
    depth -= 1;
    return afterValue();
  }

  function startScalar(kind: 'number' | Word, byte: number): number {
    if (depth === 0) root = kind;
    finder.value(kind);
    return FIRST[byte] as number;
  }

  function endString(at: number): number {
    if (isName) finder.endName(at, depth);
    else finder.endText(at);
    return isName ? grammar.COLON : afterValue();
  }

  /** @returns the next state, or FAULT */
  function act(action: number, byte: number, at: number): number {
    switch (action) {
      case grammar.START_NAME:
        isName = true;
        finder.startName(at + 1, depth);
        return STRING;
      case grammar.START_TEXT:
        isName = false;
        if (depth === 0) root = 'string';
        finder.startText(at + 1);
        return STRING;
      case grammar.END_STRING:
        return endString(at);
      case grammar.COMMA:
        return isObject[depth] === 1 ? grammar.NAME : grammar.VALUE;
      case grammar.START_NUMBER:
        return startScalar('number', byte);
      case grammar.START_WORD:
        return startScalar(wordOf(byte), byte);
      case grammar.END_WORD:
        return afterValue();
      case grammar.OPEN_OBJECT:
        return open('object');
      case grammar.OPEN_ARRAY:
        return open('array');
      case grammar.CLOSE_OBJECT:
        return close('object');
      case grammar.CLOSE_ARRAY:
        return close('array');
      default:
        return FAULT;
    }
  }

  return {
    read(bytes, start, end) {
      finder.read(bytes, start);
      let now = state;
      for (let at = start; at < end; at += 1) {
        // Most bytes are of this kind, and a short loop of their own makes it twice as fast.
        if (now === STRING) at = skipPlain(bytes, at, end);
        if (at === end) break;
        const byte = bytes[at] as number;
        let next = NEXT[(now << 8) | byte] as number;
        if (next >= FAULT) {
          if (next === END_NUMBER) {
            now = afterValue();
            next = NEXT[(now << 8) | byte] as number;
          }
          if (next >= FAULT) next = act(next, byte, at);
          if (next === FAULT) {
            state = now;
            return at;
          }
        }
        now = next;
      }
      state = now;
      finder.hold(end);
      return -1;
    },
    end() {
      if (grammar.isNumberEnd(state)) state = afterValue();
      return state === grammar.END;
    },
    expected: () => (depth === MAX_DEPTH ? `at most ${MAX_DEPTH} levels` : grammar.expectedIn(state)),
    place() {
      if (grammar.isInCharacter(state)) return 'character';
      return state === STRING ? 'string' : 'structure';
    },
    root: () => root,
    fields: finder.fields,
    reset() {
      state = grammar.VALUE;
      depth = 0;
      root = undefined;
      finder.reset();
    },
  };
}

function wordOf(first: number): Word {
  if (first === 0x74) return 'true';
  return first === 0x66 ? 'false' : 'null';
}

function skipPlain(bytes: Buffer, start: number, end: number): number {
  let at = start;
  while (at < end && PLAIN[bytes[at] as number] === 1) at += 1;
  return at;
}
