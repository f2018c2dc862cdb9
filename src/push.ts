import { resolve } from 'node:path';
import type { Dependencies } from './dependencies.ts';
import { isUploadError, type UploadError } from './model/errors.ts';
import type { UploadResult } from './model/upload.ts';
import type { PushOptions } from './options.ts';
import { resumeSession } from './resume.ts';
import { checkWish } from './steps/check-wish.ts';
import { explain } from './steps/explain.ts';
import { createSession, openSession } from './steps/open-session.ts';
import { startRun } from './steps/run.ts';
import { describeWish, type Wish } from './steps/wish.ts';

/**
 * Uploads a file: opens a session, which may be the unfinished one of the same file, and resumes it.
 * @throws UploadError; what the server has acknowledged stays saved, and pushing again continues from there
 */
export async function push(path: string, options: PushOptions, deps: Dependencies): Promise<UploadResult> {
  return await pushWish(path, options, deps, async () => {
    const described = await describeWish(path, options);
    return options.check === false ? described : await checkWish(described, deps);
  });
}

/** The same for a wish that is made only once the upload has its place among the others. @throws as `push` */
export async function pushWish(
  path: string,
  options: PushOptions,
  deps: Dependencies,
  makeWish: () => Promise<Wish>,
): Promise<UploadResult> {
  const run = startRun(options, deps);
  try {
    const wish = await makeWish();
    if (options.resume === false) return await resumeSession(await createSession(wish, run), {}, run);
    const { session, isNew } = await openSession(wish, run);
    return await resumeSession(session, {}, run).catch(async (error: unknown) => {
      if (isNew || !isHidden(error)) throw error;
      deps.onEvent({ type: 'passed_over', uploadId: session.record.uploadId, reason: error.message });
      return await resumeSession(await createSession(wish, run), {}, run);
    });
  } catch (error) {
    throw explain(error, deps.signal, { path: resolve(path) });
  } finally {
    run.visit.leave();
  }
}

/** The server does not know the upload, or not for this key; it is kept for a run with the right one. */
function isHidden(error: unknown): error is UploadError {
  if (!isUploadError(error) || error.code !== 'upload_expired') return false;
  return error.facts.httpStatus !== undefined && !error.facts.isFinal;
}
