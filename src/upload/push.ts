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
  const context = createContext(options, deps);
  try {
    const spec = { ...(await resolveSpec(path, options, deps.sessions.spools.nameOf(path))), manifest };
    const pushIt = (known: UploadSpec, ownContext: UploadContext) => pushIn(known, options, ownContext);
    return await (options.ifNotUploaded ? pushUnlessUploaded(spec, context, pushIt) : pushIt(spec, context));
  } catch (error) {
    throw toCallerError(error, deps.signal, { path: resolve(path) });
  } finally {
    context.slot.release();
  }
}

/**
 * Pushes a spec that was checked before. The spec is made only once the upload is in the pool.
 * @throws as `push`
 */
export async function pushSpec(
  path: string,
  options: PushOptions,
  deps: Dependencies,
  makeSpec: () => Promise<UploadSpec>,
): Promise<UploadResult> {
  const context = createContext(options, deps);
  try {
    return await pushIn(await makeSpec(), { ...options, check: false }, context);
  } catch (error) {
    throw toCallerError(error, deps.signal, { path: resolve(path) });
  } finally {
    context.slot.release();
  }
}

async function pushIn(
  described: UploadSpec,
  options: PushOptions,
  context: UploadContext,
): Promise<UploadResult> {
  const { deps } = context;
  const spec = options.check === false ? described : await checkOnline(described, context);
  const { session, isNew } = await openSession(spec, context);

  return await resumeSession(session, {}, context).catch(async (error: unknown) => {
    if (!isUploadError(error) || !context.mayContinue) throw error;
    // A continued upload may have had little time left. A failure that a new upload would repeat is
    // no reason to start over.
    const hasEnded = error.code === 'upload_expired' || error.code === 'upload_cancelled';
    if (!(error.facts.canStartOver ?? (!isNew && hasEnded))) throw error;
    deps.onEvent({ type: 'passed_over', uploadId: session.record.uploadId, reason: error.message });
    return await resumeSession(await createSession(spec, context), {}, context);
  });
}
