import { createDependencies, type Dependencies } from './dependencies.ts';
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
  return {
    push: (path, own) => push(path, { ...options, ...own }, depsOf(shared, own)),
    pushStream: (stream, own) => pushStream(stream, { ...options, ...own }, depsOf(shared, own)),
    resume: (uploadId, own = {}) => resume(uploadId, { ...options, ...own }, depsOf(shared, own)),
    room: () => shared.traffic.pool.room(),
    close: shared.close,
  };
}

function depsOf(shared: Dependencies, { onEvent, signal }: ResumeFileOptions): Dependencies {
  return shared.with({ onEvent: onEvent ?? shared.onEvent, signal: signal ?? shared.signal });
}
