import { basename } from 'node:path';
import type { Dependencies } from './dependencies.ts';
import { UploadError } from './model/errors.ts';
import type { UploadResult } from './model/upload.ts';
import { DEFAULT_CONCURRENCY, type PushOptions } from './options.ts';
import { choosePartBytes, MAX_PARTS } from './plan/part-size.ts';
import { checkFile } from './preflight/check-file.ts';
import { mimeTypeOf } from './preflight/mime-type.ts';
import { resumeSession } from './resume.ts';
import { inspectFile, type SourceFile } from './source/inspect-file.ts';
import { createSession, type Wish } from './steps/create-session.ts';
import { findUnfinished } from './steps/find-unfinished.ts';
import { explain, startRun } from './steps/run.ts';

/**
 * Uploads a file: opens a session, or finds the unfinished one of the same file, and resumes it.
 * @throws UploadError; what the server has acknowledged stays saved, and pushing again continues from there
 */
export async function push(path: string, options: PushOptions, deps: Dependencies): Promise<UploadResult> {
  const source = await inspectFile(path);
  checkFile(source);
  const wish = describeWish(source, options);
  const run = startRun(options, deps);
  try {
    const unfinished = options.resume === false ? undefined : await findUnfinished(wish, run);
    const session = unfinished ?? (await createSession(wish, run));
    if (session.record.wantsMd5 !== wish.wantsMd5) session.update({ wantsMd5: wish.wantsMd5, md5: null });
    return await resumeSession(session, {}, run);
  } catch (error) {
    throw explain(error, deps, { path: source.path });
  }
}

function describeWish(source: SourceFile, options: PushOptions): Wish {
  const filename = options.filename ?? basename(source.path);
  const partBytes =
    options.partBytes ?? choosePartBytes(source.bytes, options.concurrency ?? DEFAULT_CONCURRENCY);
  if (source.bytes / partBytes > MAX_PARTS) {
    const message = `parts of ${partBytes} bytes make more than ${MAX_PARTS} of ${source.path}`;
    throw new UploadError('usage', { message, hint: 'Choose a larger part size, or leave it out.' });
  }
  return {
    source,
    filename,
    purpose: options.purpose,
    mimeType: options.mimeType ?? mimeTypeOf(filename),
    fileLifetimeSeconds: options.expiresAfterSeconds ?? null,
    partBytes,
    wantsMd5: options.md5 ?? true,
  };
}
