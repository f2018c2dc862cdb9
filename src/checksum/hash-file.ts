import { setImmediate } from 'node:timers/promises';
import { UploadError } from '../model/errors.ts';
import { type HashReport, hashChunks } from './hash-chunks.js';

/** Of what is uploaded, in lowercase hex. */
export interface Digests {
  /** As *complete* takes it. */
  readonly md5: string;
  /** What makes two files the same: anyone can make two with the same MD5. */
  readonly sha256: string;
}

export interface HashJob {
  /**
   * Rejects with UploadError `source_changed` or `source_unreadable`. Never settles after `stop`.
   */
  readonly digests: Promise<Digests>;
  /** Stops reading. The file may be closed once this resolves. */
  stop(): Promise<void>;
}

export interface HashSource {
  readonly fd: number;
  readonly path: string;
  /** How much is uploaded. */
  readonly bytes: number;
}

/** A thread takes 30 to 70 ms to start. Hashing this much takes 20 ms. */
const SMALL_BYTES = 8_000_000;

/**
 * Reads an open file once, in order, while its parts are being sent: neither digest can be computed
 * out of order. A large file is read in a thread of its own, because at about 0.4 GiB/s a core the
 * hashing would delay the sending. `fd` must stay open until the digests are there or `stop` has
 * resolved.
 */
export function hashFile(source: HashSource): HashJob {
  let stop: () => Promise<unknown> = async () => undefined;

  const digests = new Promise<Digests>((resolve, reject) => {
    const onReport = (report: HashReport) => {
      if (report.type === 'done') resolve({ md5: report.md5, sha256: report.sha256 });
      else reject(failure(source.path, report));
    };

    const start = source.bytes <= SMALL_BYTES ? hashBetween : hashInThread;
    stop = start(source, onReport, reject);
  });
  // When the sending fails first, nothing waits for this promise.
  digests.catch(() => undefined);

  return { digests, stop: async () => void (await stop()) };
}

type Start = (
  source: HashSource,
  onReport: (report: HashReport) => void,
  onFault: (error: unknown) => void,
) => () => Promise<unknown>;

/** Hashes on this thread, a chunk at a time, between everything else that happens. */
const hashBetween: Start = (source, onReport, onFault) => {
  let isStopped = false;
  const work = async () => {
    for (const report of hashChunks(source)) {
      if (report !== null) onReport(report);
      await setImmediate();
      if (isStopped) return;
    }
  };

  const ended = work().catch(onFault);
  return () => {
    isStopped = true;
    return ended;
  };
};

const hashInThread: Start = ({ fd, bytes }, onReport, onFault) => {
  let isStopped = false;

  const started = import('node:worker_threads').then(({ Worker }) => {
    if (isStopped) return undefined;
    const workerData = { fd, bytes };
    const worker = new Worker(new URL('./worker.js', import.meta.url), { workerData });
    return worker.on('message', onReport).on('error', onFault);
  });
  started.catch(onFault);

  return async () => {
    isStopped = true;
    await (await started)?.terminate();
  };
};

function failure(path: string, report: Exclude<HashReport, { type: 'done' }>): UploadError {
  if (report.type === 'failed') {
    const message = `reading ${path} failed: ${report.message}`;
    const hint = 'Check the disk, or the share, that it is on.';
    return new UploadError('source_unreadable', { message, hint }, { path });
  }

  const message = `${path} became shorter while it was read: it ends at byte ${report.offset}`;
  const hint = 'Push it again once nothing writes to it any more.';
  return new UploadError('source_changed', { message, hint }, { path });
}
