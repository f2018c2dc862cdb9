import { randomFillSync } from 'node:crypto';
import { type FileHandle, open } from 'node:fs/promises';

const CHUNK_BYTES = 8 * 1024 ** 2;

/** Writes random bytes and leaves them in the page cache, with nothing left to be written back during the runs. */
export async function writeRandomFile(path: string, bytes: number): Promise<void> {
  const chunk = Buffer.alloc(Math.min(bytes, CHUNK_BYTES));
  await writeAll(path, async (file) => {
    for (let left = bytes; left > 0; left -= chunk.length) {
      randomFillSync(chunk);
      await file.write(chunk, 0, Math.min(left, chunk.length));
    }
  });
}

/** A file of zeros that takes no room on the disk, where the file system knows such. */
export async function writeSparseFile(path: string, bytes: number): Promise<void> {
  await writeAll(path, (file) => file.truncate(bytes));
}

/** Writes a file's pieces of `partBytes` beside it, each as a file. Gives their paths. */
export async function splitFile(path: string, bytes: number, partBytes: number): Promise<readonly string[]> {
  const source = await open(path, 'r');
  const paths: string[] = [];
  const buffer = Buffer.alloc(partBytes);
  try {
    for (let offset = 0; offset < bytes; offset += partBytes) {
      const { bytesRead } = await source.read(buffer, 0, partBytes, offset);
      const part = `${path}.${paths.length}`;
      await writeAll(part, async (file) => void (await file.write(buffer, 0, bytesRead)));
      paths.push(part);
    }
  } finally {
    await source.close();
  }
  return paths;
}

async function writeAll(path: string, write: (file: FileHandle) => Promise<void>): Promise<void> {
  const file = await open(path, 'w');
  try {
    await write(file);
    await file.sync();
  } finally {
    await file.close();
  }
}
