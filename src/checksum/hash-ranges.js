// Plain JavaScript because the worker needs it, and a `.ts` worker does not load on Node 20.
import { createHash } from 'node:crypto';
import { readSync } from 'node:fs';
import { startPartChecksum } from './part-checksum.js';

/** Large enough that system calls cost nothing beside hashing, small enough to stay in the processor's cache. */
const CHUNK_BYTES = 512 * 1024;

/** @typedef {{ fd: number, ranges: readonly { index: number, offset: number, length: number }[] }} HashInput */
/**
 * @typedef {{ type: 'part', index: number, checksum: string } | { type: 'done', md5: string }
 *   | { type: 'ended-early', offset: number } | { type: 'failed', message: string }} HashReport
 */

/**
 * Reads an open file once, in order, and reports each part's checksum and at last the MD5, or why there is none. Yields
 * null after each chunk of half a mebibyte, about a millisecond's work, so that who drives it may do something else.
 *
 * @param {HashInput} input
 * @returns {Generator<HashReport | null, void>}
 */
export function* hashRanges({ fd, ranges }) {
  const md5 = createHash('md5');
  const last = ranges.at(-1);
  const buffer = Buffer.allocUnsafeSlow(Math.min(CHUNK_BYTES, last ? last.offset + last.length : 1));
  try {
    for (const { index, offset, length } of ranges) {
      const checksum = startPartChecksum();
      for (let done = 0; done < length; ) {
        const bytesRead = readSync(fd, buffer, 0, Math.min(buffer.length, length - done), offset + done);
        if (bytesRead === 0) return yield { type: 'ended-early', offset: offset + done };
        const chunk = buffer.subarray(0, bytesRead);
        md5.update(chunk);
        checksum.update(chunk);
        done += bytesRead;
        yield null;
      }
      yield { type: 'part', index, checksum: checksum.digest() };
    }
    yield { type: 'done', md5: md5.digest('hex') };
  } catch (error) {
    yield { type: 'failed', message: error instanceof Error ? error.message : String(error) };
  }
}
