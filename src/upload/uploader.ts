import { UploadError } from '../model/errors.ts';
import type { UploadResult } from '../model/upload.ts';
import type { Data, FileOptions, ResumeFileOptions, TransferOptions } from '../options/options.ts';
import { createDependencies, type Dependencies } from './dependencies.ts';
import { push } from './push.ts';
import { resume } from './resume.ts';
import { pushData } from './stream-input.ts';

/** Several uploads at a time that share connections, places for parts, retries and the rate limit. */
export interface Uploader {
  /** As `push`. @throws UploadError */
  push(source: string | Data, options: FileOptions): Promise<UploadResult>;
  /** As `resume`. @throws UploadError */
  resume(uploadId: string, options?: ResumeFileOptions): Promise<UploadResult>;
  /** Resolves when one more upload would keep the connections busy. To begin more than that gains nothing. */
  whenReady(): Promise<void>;
  /** Lets go of the connections. To be called when all uploads have ended. */
  close(): Promise<void>;
}

/** @throws UploadError `api_key_missing`, `usage` */
export function createUploader(options: TransferOptions): Uploader {
  const shared = createDependencies(options);
  let isClosed = false;
  const depsOf = ({ onEvent, signal }: ResumeFileOptions): Dependencies => {
    if (isClosed) throw new UploadError('usage', { message: 'the uploader is closed' });
    // One of its own for each: a signal warns when many listen to it.
    const own = AbortSignal.any([signal ?? shared.signal]);
    return shared.with({ onEvent: onEvent ?? shared.onEvent, signal: own });
  };
  return {
    async push(source, own) {
      const [all, deps] = [{ ...options, ...own }, depsOf(own)];
      return typeof source === 'string' ? await push(source, all, deps) : await pushData(source, all, deps);
    },
    resume: async (uploadId, own = {}) => resume(uploadId, { ...options, ...own }, depsOf(own)),
    whenReady: () => shared.limits.pool.whenReady(),
    async close() {
      isClosed = true;
      await shared.close();
    },
  };
}
