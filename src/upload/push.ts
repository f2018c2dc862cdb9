import { resolve } from 'node:path';
import { isUploadError } from '../model/errors.ts';
import type { UploadResult } from '../model/upload.ts';
import type { PushOptions } from '../options/options.ts';
import { checkOnline } from './ask-models.ts';
import { toCallerError } from './caller-error.ts';
import { createContext, type UploadContext } from './context.ts';
import { pushUnlessUploaded } from './deduplicate.ts';
import type { Dependencies } from './dependencies.ts';
import { createSession, openSession } from './open-session.ts';
import { resumeSession } from './resume.ts';
import { dropExpiredSpools } from './tidy-spools.ts';
import { resolveSpec, type UploadSpec } from './upload-spec.ts';

/**
 * Uploads a file: opens a session, which may be the unfinished one of the same file, and resumes
 * it.
 * @throws UploadError; what the server has acknowledged stays saved, and pushing again continues
 * from there
 * @param manifest the id of the journal that the resulting file is written to
 */
export async function push(
  path: string,
  options: PushOptions,
  deps: Dependencies,
  manifest?: string,
): Promise<UploadResult> {
  const spool = deps.sessions.spools.nameOf(path);
  const describe = async () => ({ ...(await resolveSpec(path, options, spool)), manifest });
  return await pushContent({ path: resolve(path), describe }, options, deps);
}

interface Content {
  /** For messages. */
  readonly path: string;
  /** Called once the upload is in the pool. */
  readonly describe: () => Promise<UploadSpec>;
  /** Called after the check, in place of `openSession`. */
  readonly open?: typeof openSession;
}

/** Pushes a file, a stream that was saved, or a piece of a file. @throws as `push` */
export async function pushContent(
  { path, describe, open = openSession }: Content,
  options: PushOptions,
  deps: Dependencies,
): Promise<UploadResult> {
  const context = createContext(options, deps);

  const pushSpec = async (described: UploadSpec, own: UploadContext) => {
    const spec = options.check === false ? described : await checkOnline(described, own);
    const { session, isNew } = await open(spec, own);

    return await resumeSession(session, {}, own).catch(async (error: unknown) => {
      if (!isUploadError(error) || !own.mayContinue) throw error;
      // A continued upload may have had little time left. A failure that a new upload would repeat
      // is no reason to start over.
      const hasEnded = error.code === 'upload_expired' || error.code === 'upload_cancelled';
      if (!(error.facts.canStartOver ?? (!isNew && hasEnded))) throw error;
      deps.onEvent({ type: 'passed_over', uploadId: session.record.uploadId, reason: error.message });
      return await resumeSession(await createSession(spec, own), {}, own);
    });
  };

  try {
    const spec = await describe();
    const result = await (options.ifNotUploaded
      ? pushUnlessUploaded(spec, context, pushSpec)
      : pushSpec(spec, context));
    await dropExpiredSpools(spec, deps);
    return result;
  } catch (error) {
    throw toCallerError(error, deps.signal, { path });
  } finally {
    context.slot.release();
  }
}
