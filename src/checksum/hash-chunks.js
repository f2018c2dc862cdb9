// Plain JavaScript, because the worker imports it and Node 20 cannot load a `.ts` worker.
import { createHash } from 'node:crypto';
import { readSync } from 'node:fs';

/**
 * Large enough that system calls cost little beside hashing, small enough for the cache of one
 * core.
 */
const CHUNK_BYTES = 128 * 1024;

/** @typedef {'md5' | 'sha256'} Algorithm */
/** @typedef {{ readonly fd: number, readonly bytes: number, readonly algorithms: readonly Algorithm[] }} HashInput */
/** @typedef {{ type: 'done', digests: { [algorithm in Algorithm]?: string } } | { type: 'ended-early', offset: number } | { type: 'failed', message: string }} HashReport */

/**
 * Reads the first `bytes` of an open file, once and in order. Reports their digests in lowercase
 * hex, or why there are none. Yields null after each chunk, a fraction of a millisecond's work, so
 * the caller can do something else in between.
 *
 * @param {HashInput} input
 * @returns {Generator<HashReport | null, void>}
 */
export function* hashChunks({ fd, bytes, algorithms }) {
  const hashes = algorithms.map((algorithm) => createHash(algorithm));
  const buffer = Buffer.allocUnsafeSlow(Math.min(CHUNK_BYTES, bytes));

  try {
    for (let offset = 0; offset < bytes; ) {
      const bytesRead = readSync(fd, buffer, 0, Math.min(buffer.length, bytes - offset), offset);
      if (bytesRead === 0) return yield { type: 'ended-early', offset };

      const chunk = buffer.subarray(0, bytesRead);
      for (const hash of hashes) hash.update(chunk);
      offset += bytesRead;
      yield null;
    }

    const digests = hashes.map((hash, index) => [algorithms[index], hash.digest('hex')]);
    yield { type: 'done', digests: Object.fromEntries(digests) };
  } catch (error) {
    yield { type: 'failed', message: error instanceof Error ? error.message : String(error) };
  }
}
