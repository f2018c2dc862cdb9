import { resolve } from 'node:path';
import type { Dependencies } from './dependencies.ts';
import type { UploadResult } from './model/upload.ts';
import type { PushOptions } from './options.ts';
import { resumeSession } from './resume.ts';
import { explain } from './steps/explain.ts';
import { createSession, openSession } from './steps/open-session.ts';
import { startRun } from './steps/run.ts';
import { describeWish } from './steps/wish.ts';

/**
 * Uploads a file: opens a session, which may be the unfinished one of the same file, and resumes it.
 * @throws UploadError; what the server has acknowledged stays saved, and pushing again continues from there
 */
export async function push(path: string, options: PushOptions, deps: Dependencies): Promise<UploadResult> {
  const run = startRun(options, deps);
  try {
    const wish = await describeWish(path, options);
    const session = await (options.resume === false ? createSession : openSession)(wish, run);
    return await resumeSession(session, {}, run);
  } catch (error) {
    throw explain(error, deps.signal, { path: resolve(path) });
  }
}
