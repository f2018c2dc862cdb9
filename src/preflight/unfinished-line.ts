import { validPrefix } from './encoding.ts';
import { createStringShortener, type LineText, type StringShortener } from './shorten-strings.ts';

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
  let shortener: StringShortener | undefined;

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
