import type { FileHandle } from 'node:fs/promises';
import type { Clock } from '../model/clock.ts';
import { UploadError } from '../model/errors.ts';
import type { Range } from '../plan/ranges.ts';
import { gatherPieces, startSliceCursor } from '../plan/slice-cursor.js';
import { type BufferPair, MAX_CHUNK_BYTES, MIN_CHUNK_BYTES, newBufferPair } from './chunk-buffers.ts';

/** A chunk should go out in this time, so that a link that slows down is still seen to move. */
const CHUNK_MS = 250;
/** What the system's buffers swallow at once says nothing about the link, so the speed is that of a second at least. */
const MIN_ELAPSED_MS = 1000;

export interface RangeReading {
  readonly path: string;
  readonly clock: Pick<Clock, 'monotonic'>;
  /** Of `MAX_CHUNK_BYTES` each. Its own are taken when there are none. */
  readonly buffers?: BufferPair;
  /** Of the slices that the range is of, when it is not one of the whole file. */
  readonly places?: string | null;
}

/**
 * Yields a range of what is uploaded of an open file, chunk by chunk, as often as it is called: every attempt gets a fresh body. The faster
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
  { path, clock, buffers, places = null }: RangeReading,
): AsyncGenerator<Buffer> {
  const spare =
    buffers ?? newBufferPair(places === null ? Math.min(MAX_CHUNK_BYTES, range.length) : MAX_CHUNK_BYTES);
  // Slices are drawn together in the buffer that they are read into, which needs room for what lies between them.
  const mostBytes = places === null ? MAX_CHUNK_BYTES : MAX_CHUNK_BYTES / 2;
  const cursor = startSliceCursor(places, range.offset, range.length);
  const startedAt = clock.monotonic();
  const readNext = (readBytes: number, turn: 0 | 1) => {
    const bytes = Math.min(mostBytes, chunkBytes(readBytes, clock.monotonic() - startedAt));
    const wanted = Math.min(bytes, range.length - readBytes);
    return readAhead({ file, path, range, cursor, buffer: spare[turn], wanted });
  };
  let pending = readNext(0, 0);
  try {
    for (let readBytes = 0, turn: 0 | 1 = 1; readBytes < range.length; turn = turn === 1 ? 0 : 1) {
      const chunk = await pending;
      readBytes += chunk.length;
      if (readBytes < range.length) pending = readNext(readBytes, turn);
      yield chunk;
    }
  } finally {
    // A consumer that gives up must not leave a read behind on a file that is about to be closed.
    await pending.catch(() => undefined);
  }
}

function chunkBytes(readBytes: number, elapsedMs: number): number {
  const perChunk = (readBytes / (elapsedMs + MIN_ELAPSED_MS)) * CHUNK_MS;
  return Math.min(MAX_CHUNK_BYTES, Math.max(MIN_CHUNK_BYTES, Math.floor(perChunk)));
}

interface ChunkRead {
  readonly file: FileHandle;
  readonly path: string;
  readonly range: Range;
  readonly cursor: ReturnType<typeof startSliceCursor>;
  readonly buffer: Buffer;
  readonly wanted: number;
}

/** A read that fails while the consumer is still busy with the chunk before is told when it is asked for, not earlier. */
function readAhead(read: ChunkRead): Promise<Buffer> {
  const chunk = readChunk(read);
  chunk.catch(() => undefined);
  return chunk;
}

/** As many reads as it takes: a chunk that is too small could be filled anew before it is out. */
async function readChunk(read: ChunkRead): Promise<Buffer> {
  const { cursor, buffer, wanted } = read;
  let filled = 0;
  while (filled < wanted) {
    const next = cursor.next(wanted - filled, buffer.length - filled);
    if (next === undefined) break;
    await readAt(read, next.position, buffer.subarray(filled, filled + next.length));
    filled = gatherPieces(buffer, filled, next.pieces);
  }
  return buffer.subarray(0, filled);
}

async function readAt({ file, path, range }: ChunkRead, position: number, into: Buffer): Promise<void> {
  for (let filled = 0; filled < into.length; ) {
    const reading = file.read(into, filled, into.length - filled, position + filled);
    const { bytesRead } = await reading.catch((cause) => {
      throw new UploadError(
        'source_unreadable',
        {
          message: `reading ${path} failed: ${cause.message}`,
          hint: 'Look at the disk, or the share, that it is on.',
        },
        { path, cause },
      );
    });
    if (bytesRead === 0) throw endedEarly(path, range, position + filled);
    filled += bytesRead;
  }
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
