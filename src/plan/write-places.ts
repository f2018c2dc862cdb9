/**
 * Collects where slices are, in few bytes: up to 50,000 of them belong to one upload, and its record is written anew for every
 * part. Each slice is two numbers, the gap since the end of the one before and its length, seven bits a byte, the last byte of a
 * number with its top bit clear; all of it in base64. `slice-cursor.js` reads it.
 */
export interface PlacesWriter {
  /** A slice after all before it. One that follows without a gap makes the one before longer. */
  add(offset: number, length: number): void;
  /** Bytes that are written, before they are text. */
  size(): number;
  text(): string;
  /** Begins anew, with the memory it has. */
  clear(): void;
}

/** No number takes more: 2 ** 53 has 54 bits. */
const MAX_NUMBER_BYTES = 8;

export function createPlacesWriter(): PlacesWriter {
  let bytes = Buffer.allocUnsafe(64);
  let used = 0;
  let writtenEnd = 0;
  /** The slice that may become longer. */
  let start = 0;
  let end = 0;

  function put(value: number): void {
    let rest = value;
    for (; rest >= 0x80; rest = Math.floor(rest / 0x80)) bytes[used++] = (rest % 0x80) | 0x80;
    bytes[used++] = rest;
  }

  function write(): void {
    if (end === start) return;
    if (used + 2 * MAX_NUMBER_BYTES > bytes.length) bytes = Buffer.concat([bytes], 2 * bytes.length);
    put(start - writtenEnd);
    put(end - start);
    writtenEnd = end;
  }

  return {
    add(offset, length) {
      if (offset !== end || end === start) {
        write();
        start = offset;
      }
      end = offset + length;
    },
    size: () => used,
    text() {
      write();
      start = end;
      return bytes.toString('base64', 0, used);
    },
    clear() {
      used = writtenEnd = start = end = 0;
    },
  };
}
