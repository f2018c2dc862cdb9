import { Worker } from 'node:worker_threads';
import { UploadError } from '../model/errors.ts';
import type { Range } from '../plan/ranges.ts';
import type { WorkerReport } from './worker.js';

export interface FileHash {
  /** MD5 of the whole file, lowercase hex, as *complete* wants it. */
  readonly md5: string;
  /** The checksum of each part, by its index. */
  readonly partChecksums: readonly string[];
}

export interface HashJob {
  /** Rejects with UploadError `source_changed` or `source_unreadable`. Never settles after `stop`. */
  readonly result: Promise<FileHash>;
  /** Ends the thread. The file may be closed once this resolves. */
  stop(): Promise<void>;
}

/**
 * Reads an open file once, in file order, in a thread of its own, while the parts travel: MD5 cannot be computed
 * out of order, and at about 0.5 GiB/s a core it would hold up the sending on the main thread.
 * `fd` must stay open until the result is there or `stop` has resolved.
 */
export function hashFile(source: { fd: number; path: string; ranges: readonly Range[] }): HashJob {
  const { fd, path, ranges } = source;
  const worker = new Worker(new URL('./worker.js', import.meta.url), { workerData: { fd, ranges } });
  const partChecksums: string[] = [];
  const result = new Promise<FileHash>((resolve, reject) => {
    worker.on('message', (report: WorkerReport) => {
      if (report.type === 'part') partChecksums[report.index] = report.checksum;
      else if (report.type === 'done') resolve({ md5: report.md5, partChecksums });
      else reject(failure(path, report));
    });
    worker.on('error', reject);
  });
  // Sending may fail first; then nobody is left to hear of this one.
  result.catch(() => undefined);
  return { result, stop: async () => void (await worker.terminate()) };
}

function failure(
  path: string,
  report: Extract<WorkerReport, { type: 'ended-early' | 'failed' }>,
): UploadError {
  if (report.type === 'failed') {
    return new UploadError(
      'source_unreadable',
      { message: `reading ${path} failed: ${report.message}` },
      { path },
    );
  }
  const message = `${path} became shorter while it was read: it ends at byte ${report.offset}`;
  const hint = 'Push it again once nothing writes to it any more.';
  return new UploadError('source_changed', { message, hint }, { path });
}
