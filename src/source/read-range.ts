import type { FileHandle } from 'node:fs/promises';
import { UploadError } from '../model/errors.ts';
import type { Range } from '../plan/ranges.ts';

/**
 * Bytes of one read. Not below a socket's buffer (16 KiB on Node 20, 64 KiB on 22), see below. Not above either: a chunk that
 * has gone out is what the stall watch sees, and at 8 KB/s a connection 256 KiB would take longer than its 30 s.
 */
const CHUNK_BYTES = 64 * 1024;

/**
 * Yields a range of an open file, chunk by chunk, as often as it is called: every attempt gets a fresh body.
 *
 * A chunk is only valid until the next one is asked for: two buffers take turns, because fresh memory for every
 * chunk costs more than the reading. That is safe with a consumer that waits for the socket to drain, and a chunk
 * larger than the socket's buffer makes it wait. While one chunk is on its way the next is read.
 *
 * @throws UploadError `source_changed` when the file ends before the range does, `source_unreadable` when reading fails
 */
export async function* readRange(file: FileHandle, range: Range, path: string): AsyncGenerator<Buffer> {
  const end = range.offset + range.length;
  const spare = [0, 1].map(() => Buffer.allocUnsafeSlow(Math.min(CHUNK_BYTES, range.length)));
  let pending = readAhead({ file, path, range, buffer: spare[0] as Buffer, offset: range.offset });
  try {
    for (let offset = range.offset, turn = 1; offset < end; turn = 1 - turn) {
      const chunk = await pending;
      offset += chunk.length;
      if (offset < end) pending = readAhead({ file, path, range, buffer: spare[turn] as Buffer, offset });
      yield chunk;
    }
  } finally {
    // A consumer that gives up must not leave a read behind on a file that is about to be closed.
    await pending.catch(() => undefined);
  }
}

interface ChunkRead {
  readonly file: FileHandle;
  readonly path: string;
  readonly range: Range;
  readonly buffer: Buffer;
  readonly offset: number;
}

/** A read that fails while the consumer is still busy with the chunk before is told when it is asked for, not earlier. */
function readAhead(read: ChunkRead): Promise<Buffer> {
  const chunk = readChunk(read);
  chunk.catch(() => undefined);
  return chunk;
}

async function readChunk({ file, path, range, buffer, offset }: ChunkRead): Promise<Buffer> {
  const wanted = Math.min(buffer.length, range.offset + range.length - offset);
  let filled = 0;
  while (filled < wanted) {
    const { bytesRead } = await file.read(buffer, filled, wanted - filled, offset + filled).catch((cause) => {
      throw new UploadError(
        'source_unreadable',
        { message: `reading ${path} failed: ${cause.message}` },
        { path, cause },
      );
    });
    if (bytesRead === 0) throw endedEarly(path, range, offset + filled);
    filled += bytesRead;
  }
  return buffer.subarray(0, wanted);
}

function endedEarly(path: string, range: Range, offset: number): UploadError {
  return new UploadError(
    'source_changed',
    {
      message: `${path} became shorter while it was read: it ends at byte ${offset}, inside part ${range.index + 1}`,
      hint: 'Push it again once nothing writes to it any more.',
    },
    { path },
  );
}
