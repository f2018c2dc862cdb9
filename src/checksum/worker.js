// Runs in a worker thread: reads the file once, in order, and reports each part's checksum and at last the MD5.
// It reads synchronously: the thread has nothing else to do, and large blocking reads are the cheapest.
import { createHash } from 'node:crypto';
import { readSync } from 'node:fs';
import { parentPort, workerData } from 'node:worker_threads';
import { startPartChecksum } from './part-checksum.js';

/** Large enough that system calls cost nothing beside hashing, small enough to stay in the processor's cache. */
const CHUNK_BYTES = 512 * 1024;

/** @typedef {{ fd: number, ranges: readonly { index: number, offset: number, length: number }[] }} WorkerInput */
/**
 * @typedef {{ type: 'part', index: number, checksum: string } | { type: 'done', md5: string }
 *   | { type: 'ended-early', offset: number } | { type: 'failed', message: string }} WorkerReport
 */

/** @param {WorkerInput} input @param {(report: WorkerReport) => void} report */
function hashFile({ fd, ranges }, report) {
  const md5 = createHash('md5');
  const buffer = Buffer.allocUnsafeSlow(CHUNK_BYTES);
  for (const { index, offset, length } of ranges) {
    const checksum = startPartChecksum();
    for (let done = 0; done < length; ) {
      const bytesRead = readSync(fd, buffer, 0, Math.min(CHUNK_BYTES, length - done), offset + done);
      if (bytesRead === 0) return report({ type: 'ended-early', offset: offset + done });
      const chunk = buffer.subarray(0, bytesRead);
      md5.update(chunk);
      checksum.update(chunk);
      done += bytesRead;
    }
    report({ type: 'part', index, checksum: checksum.digest() });
  }
  return report({ type: 'done', md5: md5.digest('hex') });
}

/** @param {WorkerReport} message */
const report = (message) => parentPort?.postMessage(message);
try {
  hashFile(workerData, report);
} catch (error) {
  report({ type: 'failed', message: error instanceof Error ? error.message : String(error) });
}
