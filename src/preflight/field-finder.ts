import { createTextKeeper, type Text } from './text-keeper.ts';

export type JsonKind = 'object' | 'array' | 'string' | 'number' | Word;
export type Word = 'true' | 'false' | 'null';

/** A value that was looked for. */
export type Field = Text | { readonly kind: Exclude<JsonKind, 'string'> };

/** Which values to keep: those of `names` in the outermost object, and those of `innerNames` in its object `inside`. */
export interface Wanted {
  readonly names: readonly string[];
  readonly inside?: string;
  readonly innerNames?: readonly string[];
}

/** Told by the scanner what it comes upon, it keeps the values that are wanted. `depth` is that of the containers around. */
export interface FieldFinder {
  /** In the order in which they are wanted, first `names`, then `innerNames`. Of two with the same name the last. */
  readonly fields: readonly (Field | undefined)[];
  read(bytes: Buffer, start: number): void;
  hold(end: number): void;
  startName(at: number, depth: number): void;
  endName(at: number, depth: number): void;
  value(kind: Exclude<JsonKind, 'string'>): void;
  startText(at: number): void;
  endText(at: number): void;
  /** The values of this container have names of their own, or none. */
  enter(): void;
  reset(): void;
}

/** Until the string has come to its end. */
const NO_TEXT: Text = { kind: 'string', text: '', isCut: false };

export function createFieldFinder({ names, inside = '', innerNames = [] }: Wanted): FieldFinder {
  const keeper = createTextKeeper();
  const fields: (Field | undefined)[] = [...names, ...innerNames].map(() => undefined);
  const outerTexts = names.map((name) => Buffer.from(name));
  const innerTexts = innerNames.map((name) => Buffer.from(name));
  const insideAt = names.indexOf(inside);
  /** Which of `names` was last read in the outermost object; -1 for none. */
  let outer = -1;
  /** The field that the next value is; -1 for none. */
  let slot = -1;

  const isInside = (depth: number) => depth === 2 && outer === insideAt && outer >= 0;

  function put(field: Field): void {
    fields[slot] = field;
    if (slot === insideAt) fields.fill(undefined, names.length);
  }

  return {
    fields,
    read: keeper.read,
    hold: keeper.hold,
    startName(at, depth) {
      if (depth === 1 || isInside(depth)) keeper.start(at);
    },
    endName(at, depth) {
      slot = -1;
      if (depth === 1) outer = slot = keeper.find(outerTexts, at);
      else if (isInside(depth)) {
        const index = keeper.find(innerTexts, at);
        if (index >= 0) slot = names.length + index;
      }
    },
    value(kind) {
      if (slot >= 0) put({ kind });
    },
    startText(at) {
      if (slot < 0) return;
      put(NO_TEXT);
      keeper.start(at);
    },
    endText(at) {
      if (slot >= 0) fields[slot] = keeper.take(at);
    },
    enter() {
      slot = -1;
    },
    reset() {
      outer = -1;
      slot = -1;
      fields.fill(undefined);
      keeper.drop();
    },
  };
}
