import { validPrefix } from './encoding.ts';
import { createStringShortener, type LineText, type StringShortener } from './shorten-strings.ts';

/** Longer than any request, and short enough to be one string. */
export const MAX_LINE_BYTES = 256 * 1024 ** 2;
/** A line up to this length is held as it is. */
const MAX_HELD_BYTES = 256 * 1024;

/** Holds a line whose end has not come yet. */
export interface UnfinishedLine {
  add(bytes: Buffer): void;
  /** How many there are; 0 when there is no such line. */
  bytes(): number;
  /** Whether something is wrong with it already that nothing after it can make good. */
  isBad(): boolean;
  /** The text so far, which it forgets; undefined when the line is too long. */
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

/** The text of a line that is all there. */
export function textOf(bytes: Buffer): LineText {
  const valid = validPrefix(bytes);
  return { ...wholeText(valid.toString()), isUtf8: valid.length === bytes.length };
}

export function wholeText(text: string): LineText {
  return { text, isUtf8: true, leftOutBefore: nothing };
}

const nothing = () => 0;
