import type { FileHandle } from 'node:fs/promises';
import type { Clock } from '../model/clock.ts';
import { UploadError } from '../model/errors.ts';
import type { Range } from '../plan/ranges.ts';
import { type BufferPair, MAX_CHUNK_BYTES, MIN_CHUNK_BYTES, newBufferPair } from './chunk-buffers.ts';

/** A chunk should go out in this time, so that a link that slows down is still seen to move. */
const CHUNK_MS = 250;
/** What the system's buffers swallow at once says nothing about the link, so the speed is that of a second at least. */
const LEAST_ELAPSED_MS = 1000;

export interface RangeReading {
  readonly path: string;
  readonly clock: Pick<Clock, 'monotonic'>;
  /** Of `MAX_CHUNK_BYTES` each. Its own are taken when there are none. */
  readonly buffers?: BufferPair;
}

/**
 * Yields a range of an open file, chunk by chunk, as often as it is called: every attempt gets a fresh body. The faster
 * the consumer takes them, the larger they become, which saves a third of the CPU time on a fast link.
 *
 * A chunk is only valid until the next one is asked for: two buffers take turns, because fresh memory for every
 * chunk costs more than the reading. That is safe with a consumer that waits for the socket to drain, and a chunk
 * larger than the socket's buffer makes it wait. While one chunk is on its way the next is read.
 *
 * @throws UploadError `source_changed` when the file ends before the range does, `source_unreadable` when reading fails
 */
export async function* readRange(
  file: FileHandle,
  range: Range,
  { path, clock, buffers }: RangeReading,
): AsyncGenerator<Buffer> {
  const end = range.offset + range.length;
  const spare = buffers ?? newBufferPair(Math.min(MAX_CHUNK_BYTES, range.length));
  const startedAt = clock.monotonic();
  const readNext = (offset: number, turn: 0 | 1) => {
    const bytes = chunkBytes(offset - range.offset, clock.monotonic() - startedAt);
    return readAhead({ file, path, range, buffer: spare[turn].subarray(0, bytes), offset });
  };
  let pending = readNext(range.offset, 0);
  try {
    for (let offset = range.offset, turn: 0 | 1 = 1; offset < end; turn = turn === 1 ? 0 : 1) {
      const chunk = await pending;
      offset += chunk.length;
      if (offset < end) pending = readNext(offset, turn);
      yield chunk;
    }
  } finally {
    // A consumer that gives up must not leave a read behind on a file that is about to be closed.
    await pending.catch(() => undefined);
  }
}

function chunkBytes(readBytes: number, elapsedMs: number): number {
  const perChunk = (readBytes / (elapsedMs + LEAST_ELAPSED_MS)) * CHUNK_MS;
  return Math.min(MAX_CHUNK_BYTES, Math.max(MIN_CHUNK_BYTES, Math.floor(perChunk)));
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
        {
          message: `reading ${path} failed: ${cause.message}`,
          hint: 'Look at the disk, or the share, that it is on.',
        },
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
