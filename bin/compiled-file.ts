import { closeSync, constants, fstatSync, fsyncSync, openSync, readSync, writeFileSync } from 'node:fs';
import type { Script } from 'node:vm';

/**
 * A file of compiled code begins with this, and spaces up to a fixed length. The code of all files
 * follows, one after the other, and then once more: V8 does not check it, and to compare it takes
 * less than to load node:zlib for a checksum.
 */
interface Header {
  readonly files: readonly (readonly [name: string, bytes: number])[];
}

/** More than any header has. */
const HEADER_BYTES = 4096;

/** The copy is read in pieces: Linux takes longer to find new memory for it than to read it. */
const PIECE_BYTES = 64 * 1024;

/** @throws when the file is missing, is not ours or is not whole */
export function readCompiled(path: string): ReadonlyMap<string, Buffer> {
  const descriptor = openOwn(path);
  try {
    const head = Buffer.alloc(HEADER_BYTES);
    readSync(descriptor, head);
    const { files }: Header = JSON.parse(head.toString());

    // V8 gives lengths that are multiples of eight. Code that began elsewhere would be copied first.
    const code = Buffer.allocUnsafeSlow((fstatSync(descriptor).size - HEADER_BYTES) / 2);
    readSync(descriptor, code);
    if (!comesAgain(code, descriptor)) throw new Error(`${path} is damaged`);

    let offset = 0;
    return new Map(
      files.map(([name, length]) => {
        offset += length;
        return [name, code.subarray(offset - length, offset)];
      }),
    );
  } finally {
    closeSync(descriptor);
  }
}

function comesAgain(code: Buffer, descriptor: number): boolean {
  const piece = Buffer.allocUnsafeSlow(PIECE_BYTES);
  for (let at = 0; at < code.length; at += PIECE_BYTES) {
    const length = readSync(descriptor, piece);
    if (!piece.subarray(0, length).equals(code.subarray(at, at + PIECE_BYTES))) return false;
  }
  return true;
}

/** Stricter than for what is saved: code of the folder's owner, or of root, would run with our rights. */
function openOwn(path: string): number {
  // Does not wait for the writer of a named pipe. Windows has neither flag.
  const { O_RDONLY, O_NONBLOCK = 0, O_NOFOLLOW = 0 } = constants;
  const descriptor = openSync(path, O_RDONLY | O_NONBLOCK | O_NOFOLLOW);

  const found = fstatSync(descriptor);
  const uid = process.getuid?.() ?? found.uid;
  if (found.isFile() && found.uid === uid) return descriptor;

  closeSync(descriptor);
  throw new Error(`${path} is not a file of ours`);
}

export function writeCompiled(path: string, scripts: ReadonlyMap<string, Script>): void {
  const files = [...scripts].map(([name, script]) => [name, script.createCachedData()] as const);
  const code = files.map(([, each]) => each);
  const header: Header = { files: files.map(([name, { length }]) => [name, length]) };

  // In a folder of somebody else, a link may have this name. It is not followed.
  const descriptor = openSync(path, 'wx', 0o600);
  try {
    writeFileSync(descriptor, JSON.stringify(header).padEnd(HEADER_BYTES));
    for (const each of [...code, ...code]) writeFileSync(descriptor, each);
    fsyncSync(descriptor);
  } finally {
    closeSync(descriptor);
  }
}
