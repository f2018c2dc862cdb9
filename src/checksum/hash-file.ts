import { setImmediate } from 'node:timers/promises';
import { UploadError } from '../model/errors.ts';
import { type Algorithm, type HashInput, type HashReport, hashChunks } from './hash-chunks.js';

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

const ALGORITHMS: readonly Algorithm[] = ['md5', 'sha256'];

/**
 * Reads an open file in order while its parts are being sent: neither digest can be computed out of
 * order. A large file is read in threads, because at about 0.4 GiB/s a core the hashing would delay
 * the sending. Each digest has a thread of its own, so that the SHA-256, which takes less than half
 * as long as the MD5, costs no time; what one of them reads, the other finds in memory. `fd` must stay open until the digests are there or `stop` has
 * resolved.
 */
export function hashFile(source: HashSource): HashJob {
  let stop: () => Promise<unknown> = async () => undefined;

  const digests = new Promise<Digests>((resolve, reject) => {
    const found: Partial<Digests> = {};
    const onReport = (report: HashReport) => {
      if (report.type !== 'done') return reject(failure(source.path, report));
      const { md5, sha256 } = Object.assign(found, report.digests);
      if (md5 !== undefined && sha256 !== undefined) resolve({ md5, sha256 });
    };

    const { fd, bytes } = source;
    const stops =
      bytes <= SMALL_BYTES
        ? [hashBetween({ fd, bytes, algorithms: ALGORITHMS }, onReport, reject)]
        : ALGORITHMS.map((each) => hashInThread({ fd, bytes, algorithms: [each] }, onReport, reject));
    stop = () => Promise.all(stops.map((each) => each()));
  });
  // When the sending fails first, nothing waits for this promise.
  digests.catch(() => undefined);

  return { digests, stop: async () => void (await stop()) };
}

type Start = (
  input: HashInput,
  onReport: (report: HashReport) => void,
  onFault: (error: unknown) => void,
) => () => Promise<unknown>;

/** Hashes on this thread, a chunk at a time, between everything else that happens. */
const hashBetween: Start = (input, onReport, onFault) => {
  let isStopped = false;
  const work = async () => {
    for (const report of hashChunks(input)) {
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

const hashInThread: Start = (workerData, onReport, onFault) => {
  let isStopped = false;

  const started = import('node:worker_threads').then(({ Worker }) => {
    if (isStopped) return undefined;
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
