// Plain JavaScript because the worker imports it, and a `.ts` worker does not load on Node 20.
import { createHash } from 'node:crypto';
import { readSync } from 'node:fs';
import { gatherPieces, startSliceCursor } from '../plan/slice-cursor.js';

/** Large enough that system calls cost nothing beside hashing, small enough for the cache of one core. */
const CHUNK_BYTES = 128 * 1024;

/** @typedef {{ readonly fd: number, readonly bytes: number, readonly places: string | null }} HashInput */
/** @typedef {{ type: 'done', md5: string } | { type: 'ended-early', offset: number } | { type: 'failed', message: string }} HashReport */

/**
 * Reads what is uploaded of an open file, in order: its first `bytes`, or the slices at `places`.
 * Reports the MD5 in lowercase hex, or why there is none. Yields null after each chunk, a fraction of
 * a millisecond's work, so that the caller may do something else in between.
 *
 * @param {HashInput} input
 * @returns {Generator<HashReport | null, void>}
 */
export function* hashChunks({ fd, bytes, places }) {
  const md5 = createHash('md5');
  const buffer = Buffer.allocUnsafeSlow(places === null ? Math.min(CHUNK_BYTES, bytes) : CHUNK_BYTES);

  try {
    const cursor = startSliceCursor(places, 0, bytes);

    while (true) {
      const read = cursor.next(buffer.length, buffer.length);
      if (read === undefined) break;

      const { position, length, pieces } = read;
      for (let filled = 0; filled < length; ) {
        const bytesRead = readSync(fd, buffer, filled, length - filled, position + filled);
        if (bytesRead === 0) return yield { type: 'ended-early', offset: position + filled };
        filled += bytesRead;
      }

      md5.update(buffer.subarray(0, gatherPieces(buffer, 0, pieces)));
      yield null;
    }

    yield { type: 'done', md5: md5.digest('hex') };
  } catch (error) {
    yield { type: 'failed', message: error instanceof Error ? error.message : String(error) };
  }
}
