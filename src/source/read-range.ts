import type { FileHandle } from 'node:fs/promises';
import type { Clock } from '../model/clock.ts';
import { UploadError } from '../model/errors.ts';
import type { Range } from '../plan/ranges.ts';

/**
 * The smallest chunk. It is not smaller than a socket's buffer (16 KiB on Node 20, 64 KiB on 22),
 * because a sender does not wait for a smaller one to go out. It is not larger either, because the
 * stall watch sees progress only when a chunk has gone out: at 8 KB/s, a chunk of 256 KiB would
 * take longer than its 30 s.
 */
export const MIN_CHUNK_BYTES = 64 * 1024;

/** The largest chunk. A larger one saves nothing, and does not fit the cache of one core. */
const MAX_CHUNK_BYTES = 256 * 1024;

/** A chunk should go out within this time, so progress still shows on a link that becomes slow. */
const CHUNK_MS = 250;

/**
 * The system's buffers take the first bytes at once, which says nothing about the link. The speed
 * is therefore measured over at least a second.
 */
const MIN_ELAPSED_MS = 1000;

/** Two buffers that take turns: one is filled while the other is being sent. */
type BufferPair = readonly [Buffer, Buffer];

/** Buffers to reuse for the next part. New ones would add up to 60 MB before they are collected. */
export interface ChunkBuffers {
  /** Returns buffers for a range of that many bytes. */
  take(rangeBytes: number): BufferPair;
  /** Call it only when nothing reads from them any more: after the response to what was sent. */
  giveBack(pair: BufferPair): void;
}

export function createChunkBuffers(): ChunkBuffers {
  const free: BufferPair[] = [];

  return {
    take(rangeBytes) {
      if (rangeBytes > MIN_CHUNK_BYTES) return free.pop() ?? newBufferPair(MAX_CHUNK_BYTES);
      // A range that is one chunk. Many small files would otherwise hold half a megabyte each.
      const only = Buffer.allocUnsafe(rangeBytes);
      return [only, only];
    },
    giveBack(pair) {
      if (pair[0].length === MAX_CHUNK_BYTES) free.push(pair);
    },
  };
}

export interface RangeReading {
  readonly path: string;
  readonly clock: Pick<Clock, 'monotonic'>;
  /** From `ChunkBuffers`. Default: new ones. */
  readonly buffers?: BufferPair;
}

/**
 * Yields a range of an open file, chunk by chunk. Call it for every attempt, because each needs a
 * fresh body. The faster the consumer takes the chunks, the larger they become, which saves a third
 * of the CPU time on a fast link.
 *
 * A chunk is valid only until the next one is asked for. Two buffers take turns, because new memory
 * for every chunk costs more than reading it, and the next chunk is read while one is being sent.
 * This is safe when the consumer waits for its socket to drain. It does, because a chunk is larger
 * than the socket's buffer.
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
    const chunk = readChunk({ file, path, range, position: range.offset + readBytes, into });
    // A failure is thrown when the chunk is asked for, not while the previous one is being sent.
    chunk.catch(() => undefined);
    return chunk;
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
    // A consumer that stops early must not leave a pending read on a file that is about to be
    // closed.
    await pending.catch(() => undefined);
  }
}

/**
 * Cuts a chunk into slices of at most `pieceBytes`. Slices smaller than `MIN_CHUNK_BYTES` are
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
 * Reads until the buffer is full, because a chunk that is too small could be overwritten before it
 * is sent.
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
