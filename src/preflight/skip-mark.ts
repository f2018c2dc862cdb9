export type ByteOrderMark = 'UTF-8' | 'UTF-16LE' | 'UTF-16BE';

/** Something that takes the bytes of a file as they come. A chunk is only valid until the call returns. */
export interface ByteReader {
  read(chunk: Buffer): void;
  /** The file is over. */
  end(): void;
}

const MARKS: readonly (readonly [ByteOrderMark, Buffer])[] = [
  ['UTF-8', Buffer.from([0xef, 0xbb, 0xbf])],
  ['UTF-16LE', Buffer.from([0xff, 0xfe])],
  ['UTF-16BE', Buffer.from([0xfe, 0xff])],
];
const LONGEST = 3;

/** Looks for a byte-order mark at the start, however the bytes are cut, and hands on what comes after it. */
export function skipMark(
  /** Called once, before anything is handed on; `start` are the first bytes, with the mark. */
  onStart: (mark: ByteOrderMark | undefined, start: Buffer) => void,
  next: ByteReader,
): ByteReader {
  let head: Buffer | undefined = Buffer.alloc(0);
  const begin = (start: Buffer) => {
    head = undefined;
    const found = MARKS.find(([, bytes]) => start.subarray(0, bytes.length).equals(bytes));
    onStart(found?.[0], start);
    next.read(start.subarray(found?.[1].length ?? 0));
  };
  return {
    read(chunk) {
      if (head === undefined) return next.read(chunk);
      head = Buffer.concat([head, chunk]);
      if (head.length >= LONGEST) begin(head);
    },
    end() {
      if (head !== undefined) begin(head);
      next.end();
    },
  };
}
