import { isAscii, isUtf8 } from 'node:buffer';

export type ByteOrderMark = 'UTF-8' | 'UTF-16LE' | 'UTF-16BE' | 'UTF-32LE' | 'UTF-32BE';

/** Takes the bytes of a file as they come. A chunk is valid only until the call returns. */
export interface ByteReader {
  read(chunk: Buffer): void;
  /** Called after the last chunk. */
  end(): void;
}

/** The issue that reports a byte-order mark in JSON Lines. */
export const MARK_ISSUE = {
  code: 'byte_order_mark',
  line: 1,
  message: 'the file begins with a byte-order mark, which JSON does not allow',
  hint: 'Save it as UTF-8 without one.',
} as const;

/** The longer ones come first, because UTF-32LE begins like UTF-16LE. */
const MARKS: readonly (readonly [ByteOrderMark, Buffer])[] = [
  ['UTF-32LE', Buffer.from([0xff, 0xfe, 0, 0])],
  ['UTF-32BE', Buffer.from([0, 0, 0xfe, 0xff])],
  ['UTF-8', Buffer.from([0xef, 0xbb, 0xbf])],
  ['UTF-16LE', Buffer.from([0xff, 0xfe])],
  ['UTF-16BE', Buffer.from([0xfe, 0xff])],
];

/** How much is read to recognize a file: more than most lines have. */
const HEAD_BYTES = 64 * 1024;

/** How a file begins. */
export interface FileStart {
  readonly mark: ByteOrderMark | undefined;
  readonly markBytes: number;
  /** The first bytes after the mark. */
  readonly head: Buffer;
  /** Whether the file has no more bytes than these. */
  readonly isWhole: boolean;
}

/**
 * Finds a byte-order mark at the start of a file, however its chunks are cut, and passes on what
 * follows it.
 */
export function skipMark(
  /** Called once, before anything is passed on. */
  onStart: (start: FileStart) => void,
  next: ByteReader,
): ByteReader {
  let held: Buffer | undefined = Buffer.alloc(0);

  function begin(bytes: Buffer, isWhole: boolean): void {
    held = undefined;
    const found = MARKS.find(([, mark]) => bytes.subarray(0, mark.length).equals(mark));
    const markBytes = found?.[1].length ?? 0;
    const rest = bytes.subarray(markBytes);
    onStart({ mark: found?.[0], markBytes, head: rest.subarray(0, HEAD_BYTES), isWhole });
    next.read(rest);
  }

  return {
    read(chunk) {
      if (held === undefined) return next.read(chunk);
      held = Buffer.concat([held, chunk]);
      if (held.length >= HEAD_BYTES + MAX_MARK_BYTES) begin(held, false);
    },
    end() {
      if (held !== undefined) begin(held, true);
      next.end();
    },
  };
}

const MAX_MARK_BYTES = 4;

/**
 * @returns a function that decodes whole lines of UTF-8; it returns undefined when they are not
 * UTF-8
 */
export function createLinesDecoder(): (bytes: Buffer) => string | undefined {
  let decoder: InstanceType<typeof TextDecoder> | undefined;
  return (bytes) => {
    if (isAscii(bytes)) return bytes.toString('latin1');
    try {
      decoder ??= new TextDecoder('utf-8', { fatal: true, ignoreBOM: true });
      // With `stream` Node takes another path, which is faster for text beyond ASCII.
      return decoder.decode(bytes, { stream: true });
    } catch {
      decoder = undefined;
      return undefined;
    }
  };
}

/** The bytes before the first that cannot be UTF-8; all of them when they are valid. */
export function validPrefix(bytes: Buffer): Buffer {
  if (isUtf8(bytes)) return bytes;

  // Invalid bytes become U+FFFD when decoded, but the file may also hold that character itself.
  const text = bytes.toString();
  let offset = 0;
  let from = 0;
  for (let at = text.indexOf(REPLACEMENT); at >= 0; at = text.indexOf(REPLACEMENT, at + 1)) {
    offset += Buffer.byteLength(text.slice(from, at));
    from = at;
    if (bytes.toString('latin1', offset, offset + 3) !== REPLACEMENT_BYTES) break;
  }
  return bytes.subarray(0, offset);
}

const REPLACEMENT = '\ufffd';
/** The same character in UTF-8, with one character for each byte. */
const REPLACEMENT_BYTES = '\u00ef\u00bf\u00bd';

/**
 * The number of bytes without an incomplete character at the end, which may continue in the next
 * chunk.
 */
export function completeBytes(bytes: Buffer): number {
  for (let back = 1; back <= Math.min(3, bytes.length); back += 1) {
    const byte = bytes[bytes.length - back] as number;
    if (byte < 0x80) break;
    if (byte >= 0xc0) return back < lengthOfCharacter(byte) ? bytes.length - back : bytes.length;
  }
  return bytes.length;
}

function lengthOfCharacter(firstByte: number): number {
  if (firstByte >= 0xf0) return 4;
  return firstByte >= 0xe0 ? 3 : 2;
}

/** Counts characters as an editor does. The text must have been decoded from UTF-8. */
export function countCharacters(text: string): number {
  return text.length - (text.match(/[\udc00-\udfff]/g)?.length ?? 0);
}
