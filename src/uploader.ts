import { createDependencies, type Dependencies } from './dependencies.ts';
import { UploadError } from './model/errors.ts';
import type { UploadResult } from './model/upload.ts';
import type { FileOptions, ResumeFileOptions, StreamOptions, TransferOptions } from './options.ts';
import { push } from './push.ts';
import { pushStream } from './push-stream.ts';
import { resume } from './resume.ts';

/** Several uploads at a time that share connections, places for parts, retries and the rate limit. */
export interface Uploader {
  /** As `push`. @throws UploadError */
  push(path: string, options: FileOptions): Promise<UploadResult>;
  /** As `pushStream`. @throws UploadError */
  pushStream(stream: AsyncIterable<Uint8Array>, options: StreamOptions): Promise<UploadResult>;
  /** As `resume`. @throws UploadError */
  resume(uploadId: string, options?: ResumeFileOptions): Promise<UploadResult>;
  /** Resolves when one more upload would keep the connections busy. To begin more than that gains nothing. */
  room(): Promise<void>;
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
    push: async (path, own) => push(path, { ...options, ...own }, depsOf(own)),
    pushStream: async (stream, own) => pushStream(stream, { ...options, ...own }, depsOf(own)),
    resume: async (uploadId, own = {}) => resume(uploadId, { ...options, ...own }, depsOf(own)),
    room: () => shared.traffic.pool.room(),
    async close() {
      isClosed = true;
      await shared.close();
    },
  };
}
