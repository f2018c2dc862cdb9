// Plain JavaScript because the worker imports it, and a `.ts` worker does not load on Node 20.
import { createHash } from 'node:crypto';
import { readSync } from 'node:fs';

/**
 * Large enough that system calls cost nothing beside hashing, small enough for the cache of one
 * core.
 */
const CHUNK_BYTES = 128 * 1024;

/** @typedef {{ readonly fd: number, readonly bytes: number }} HashInput */
/** @typedef {{ type: 'done', md5: string, sha256: string } | { type: 'ended-early', offset: number } | { type: 'failed', message: string }} HashReport */

/**
 * Reads the first `bytes` of an open file, once and in order. Reports their MD5 and SHA-256 in lowercase
 * hex, or why there are none. Yields null after each chunk, a fraction of a millisecond's work, so that the caller may do
 * something else in between.
 *
 * @param {HashInput} input
 * @returns {Generator<HashReport | null, void>}
 */
export function* hashChunks({ fd, bytes }) {
  const md5 = createHash('md5');
  const sha256 = createHash('sha256');
  const buffer = Buffer.allocUnsafeSlow(Math.min(CHUNK_BYTES, bytes));

  try {
    for (let offset = 0; offset < bytes; ) {
      const bytesRead = readSync(fd, buffer, 0, Math.min(buffer.length, bytes - offset), offset);
      if (bytesRead === 0) return yield { type: 'ended-early', offset };

      const chunk = buffer.subarray(0, bytesRead);
      md5.update(chunk);
      sha256.update(chunk);
      offset += bytesRead;
      yield null;
    }

    yield { type: 'done', md5: md5.digest('hex'), sha256: sha256.digest('hex') };
  } catch (error) {
    yield { type: 'failed', message: error instanceof Error ? error.message : String(error) };
  }
}
