import type { FileHandle } from 'node:fs/promises';
import type { Clock } from '../model/clock.ts';
import { UploadError } from '../model/errors.ts';
import type { Range } from '../plan/ranges.ts';

/**
 * The smallest chunk. Not smaller than a socket's buffer (16 KiB on Node 20, 64 KiB on 22), because
 * a sender does not wait for a smaller one to go out. Not larger either: the stall watch sees
 * progress only when a chunk has gone out, and at 8 KB/s a chunk of 256 KiB would take longer than
 * its 30 s.
 */
export const MIN_CHUNK_BYTES = 64 * 1024;

/** The largest chunk: a larger one saves nothing, and does not fit the cache of one core. */
const MAX_CHUNK_BYTES = 256 * 1024;

/**
 * A chunk should go out within this time, so that a link that becomes slow is still seen to move.
 */
const CHUNK_MS = 250;

/**
 * What the system's buffers take at once says nothing about the link, so the speed is that of a
 * second at least.
 */
const MIN_ELAPSED_MS = 1000;

/** Two buffers that take turns: while one is being sent, the other is filled. */
type BufferPair = readonly [Buffer, Buffer];

/**
 * Buffers to use again for the next part. New ones would add up to 60 MB before they are collected.
 */
export interface ChunkBuffers {
  take(): BufferPair;
  /** Only once nothing reads from them any more, that is after the response to what was sent. */
  giveBack(pair: BufferPair): void;
}

export function createChunkBuffers(): ChunkBuffers {
  const free: BufferPair[] = [];

  return {
    take: () => free.pop() ?? newBufferPair(MAX_CHUNK_BYTES),
    giveBack: (pair) => void free.push(pair),
  };
}

export interface RangeReading {
  readonly path: string;
  readonly clock: Pick<Clock, 'monotonic'>;
  /** Of `MAX_CHUNK_BYTES` each. Default: new ones. */
  readonly buffers?: BufferPair;
}

/**
 * Yields a range of an open file, chunk by chunk, as often as it is called: every attempt gets a
 * fresh body. The faster the consumer takes them, the larger the chunks become, which saves a third
 * of the CPU time on a fast link.
 *
 * A chunk is valid only until the next one is asked for: two buffers take turns, because new memory
 * for every chunk costs more than reading it. That is safe with a consumer that waits for its
 * socket to drain, which a chunk larger than the socket's buffer makes it do. While one chunk is
 * being sent the next one is read.
 *
 * @throws UploadError `source_changed` when the file ends before the range does,
 * `source_unreadable`
 */
export async function* readRange(
  file: FileHandle,
  range: Range,
  { path, clock, buffers }: RangeReading,
): AsyncGenerator<Buffer> {
  const pair = buffers ?? newBufferPair(Math.min(MAX_CHUNK_BYTES, range.length));
  const startedAt = clock.monotonic();

  const readNext = (readBytes: number, turn: 0 | 1) => {
    const bytes = chunkBytes(readBytes, clock.monotonic() - startedAt);
    const into = pair[turn].subarray(0, Math.min(bytes, range.length - readBytes));
    return readAhead({ file, path, range, position: range.offset + readBytes, into });
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
    // A consumer that stops early must not leave a read behind on a file that is about to be
    // closed.
    await pending.catch(() => undefined);
  }
}

/**
 * Cuts a chunk into pieces of at most `pieceBytes`. Pieces smaller than `MIN_CHUNK_BYTES` are
 * copies: a sender does not wait until the socket has sent them, and the chunk's buffer may be
 * filled again before that.
 */
export function* cutChunk(chunk: Uint8Array, pieceBytes: number): Generator<Uint8Array> {
  for (let at = 0; at < chunk.length; at += pieceBytes) {
    const piece = chunk.subarray(at, at + pieceBytes);
    yield piece.length < MIN_CHUNK_BYTES ? new Uint8Array(piece) : piece;
  }
}

function newBufferPair(bytes: number): BufferPair {
  return [Buffer.allocUnsafeSlow(bytes), Buffer.allocUnsafeSlow(bytes)];
}

function chunkBytes(readBytes: number, elapsedMs: number): number {
  const bytes = (readBytes / (elapsedMs + MIN_ELAPSED_MS)) * CHUNK_MS;
  return Math.min(MAX_CHUNK_BYTES, Math.max(MIN_CHUNK_BYTES, Math.floor(bytes)));
}

interface ChunkRead {
  readonly file: FileHandle;
  readonly path: string;
  readonly range: Range;
  readonly position: number;
  readonly into: Buffer;
}

/**
 * Starts to read. A failure is thrown when the chunk is asked for, not while the one before is
 * being sent.
 */
function readAhead(read: ChunkRead): Promise<Buffer> {
  const chunk = readChunk(read);
  chunk.catch(() => undefined);
  return chunk;
}

/**
 * Reads as often as it takes: a chunk that is too small could be filled again before it is sent.
 */
async function readChunk({ file, path, range, position, into }: ChunkRead): Promise<Buffer> {
  for (let filled = 0; filled < into.length; ) {
    const reading = file.read(into, filled, into.length - filled, position + filled);
    const { bytesRead } = await reading.catch((cause) => {
      throw readFailed(path, cause);
    });

    if (bytesRead === 0) throw endedEarly(path, range, position + filled);
    filled += bytesRead;
  }

  return into;
}

function readFailed(path: string, cause: Error): UploadError {
  const message = `reading ${path} failed: ${cause.message}`;
  const hint = 'Check the disk, or the share, that it is on.';
  return new UploadError('source_unreadable', { message, hint }, { path, cause });
}

function endedEarly(path: string, range: Range, offset: number): UploadError {
  const message = `${path} became shorter while it was read: it ends at byte ${offset}, inside part ${range.index + 1}`;
  const hint = 'Push it again once nothing writes to it any more.';
  return new UploadError('source_changed', { message, hint }, { path });
}
