import { setImmediate } from 'node:timers/promises';
import { UploadError } from '../model/errors.ts';
import { type Algorithm, type HashInput, type HashReport, hashChunks } from './hash-chunks.js';

/** The digests of the bytes that are uploaded, in lowercase hex. */
export interface Digests {
  /** The form that *complete* takes. */
  readonly md5: string;
  /**
   * Tells whether two files are the same. The MD5 does not, because anyone can make two files with
   * the same one.
   */
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
  /** How many bytes are uploaded. */
  readonly bytes: number;
}

/** Hashing this much takes 20 ms, less than the 30 to 70 ms that a thread takes to start. */
const SMALL_BYTES = 8_000_000;

const ALGORITHMS: readonly Algorithm[] = ['md5', 'sha256'];

/**
 * Reads an open file in order while its parts are being sent, because neither digest can be
 * computed out of order. A large file is hashed in threads, because at about 0.4 GiB/s a core,
 * hashing would delay sending. Each digest has a thread of its own. The SHA-256 takes less than
 * half as long as the MD5, so it costs no extra time, and what one thread reads, the other finds in
 * memory. `fd` must stay open until the digests are there or `stop` has resolved.
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
  // When sending fails first, nothing waits for this promise.
  digests.catch(() => undefined);

  return { digests, stop: async () => void (await stop()) };
}

type Start = (
  input: HashInput,
  onReport: (report: HashReport) => void,
  onFault: (error: unknown) => void,
) => () => Promise<unknown>;

/** Hashes on this thread, and lets other work run after each chunk. */
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
