import { isUploadError, UploadError } from '../model/errors.ts';
import type { FileObject } from '../model/upload.ts';
import { NO_DIGESTS, type SavedDigests } from '../sessions/record.ts';
import type { SessionHandle } from '../sessions/session.ts';
import { boundBy, callApi, cancelQuietly, type UploadContext } from './context.ts';
import type { CallOptions } from './dependencies.ts';
import { findFile, isListRefused, type UploadFate } from './find-file.ts';
import { giveUp } from './give-up.ts';
import { countedTwice, judgeRefusal, lacksFile, mayHaveCompleted } from './judge-refusal.ts';
import { confirmParts } from './open-source.ts';
import { isUnknownUpload, judgeUnknown, refuseClosed } from './read-session.ts';

/**
 * Completes the upload and returns its file. When the response to *complete* is lost, there may or
 * may not be a file. The server's list is searched before *complete* is sent again, so this run
 * never makes a second file.
 * @throws UploadError `integrity`, `completion_unknown`, and errors of the requests. The record
 * says `completing` until it is known whether there is a file.
 */
export async function completeUpload(
  session: SessionHandle,
  digests: SavedDigests,
  context: UploadContext,
): Promise<FileObject> {
  const { deps } = context;
  deps.onEvent({ type: 'phase', phase: 'completing' });
  // An earlier run may have completed it. The caller has already searched for its file.
  const wasCompleting = session.record.status === 'completing';
  let mayBeDone = wasCompleting;
  let mustLook = false;

  await session.update({ status: 'completing', ...digests });
  const { uploadId, parts, wantsMd5 } = session.record;
  const upload = {
    id: uploadId,
    partIds: parts.map(({ partId }) => partId),
    md5: wantsMd5 ? digests.md5 : null,
  };

  const attempt = async (options: CallOptions) => {
    const found = mustLook ? await findFile(session.record, deps, { ...options, fate: 'open' }) : undefined;
    if (found) return found;

    refuseClosed(session.record, deps);
    await context.claim?.assertHeld();

    try {
      return await deps.api.completeUpload(upload, options);
    } catch (error) {
      if (mayHaveCompleted(error)) mayBeDone = mustLook = true;
      const { retries } = context.policy;
      const judged = judgeUnknown(error, session.record, false);
      throw judgeRefusal(judged, session, { attempt: options.attempt, retries });
    }
  };

  try {
    return await callApi(
      boundBy(context, session.record),
      { what: 'complete', action: 'completing the upload' },
      attempt,
    );
  } catch (error) {
    // A server that rejects the bytes has not made a file, whatever earlier attempts did.
    if (mayBeDone && !isIntegrity(error)) {
      return await findOrThrow(session, error, context).catch((failure: unknown) => {
        // An earlier run has sent *complete*, so the list has had time to show the file.
        const isNowhere = wasCompleting && isUploadError(failure) && failure.facts.cause === error;
        throw isNowhere && session.record.isLifetimeUnknown ? judgeUnknown(error, session.record) : failure;
      });
    }
    const found = await findOfFirst(session, error, context);
    if (found) return found;

    await endRefused(session, error, context);
    throw judgeUnknown(error, session.record);
  }
}

/** Searches for the file that a *complete* may have made. @throws and returns as `findFile` */
export function findLostFile(
  session: SessionHandle,
  context: UploadContext,
  fate: UploadFate = 'open',
): Promise<FileObject | undefined> {
  const call = { what: 'list', action: 'looking for the file' };
  return callApi(context, call, (options) => findFile(session.record, context.deps, { ...options, fate }));
}

/**
 * Looks for the file after *complete* was refused. A proxy may have delivered *complete* twice: the
 * server refuses the second one, and the list has the file of the first.
 */
async function findOfFirst(
  session: SessionHandle,
  error: unknown,
  context: UploadContext,
): Promise<FileObject | undefined> {
  if (!isUploadError(error) || context.deps.signal.aborted) return undefined;
  const { httpStatus = 0, isFinal, needsOption } = error.facts;
  const isRefusal = error.code === 'request_refused' && httpStatus >= 400 && !isFinal && !needsOption;
  // The server may forget an upload that has become a file, so only the list can tell.
  if (isUnknownUpload(error)) {
    return await findLostFile(session, context, 'over').catch((failure: unknown) => {
      if (!session.record.isLifetimeUnknown || !isListRefused(failure)) throw failure;
      return undefined;
    });
  }
  if (!isRefusal && !isOfNoUse(error)) return undefined;

  // The refusal is more useful than a failure to read the list.
  const patience = isOfNoUse(error) ? context : withoutRetries(context);
  return await findLostFile(session, patience).catch(ignoreUploadError);
}

/**
 * Searches for the file once more before a failure is reported. When the list cannot be read
 * either, the first failure is more useful. The exception is an upload that is gone but may have
 * been completed: only the list shows whether it has a file, so errors of the list are thrown.
 */
export async function findOrThrow(
  session: SessionHandle,
  failure: unknown,
  context: UploadContext,
): Promise<FileObject> {
  const { signal } = context.deps;
  if (signal.aborted) throw failure;

  const isGone = isUploadError(failure) && mayHaveEnded(failure);
  const look =
    isGone || isOfNoUse(failure)
      ? findLostFile(session, context, 'over')
      : findLostFile(session, withoutRetries(context)).catch((error) => onlyIfUnknown(error, failure));
  const found = await look;
  if (found) return found;

  signal.throwIfAborted();
  const { uploadId } = session.record;
  if (isOfNoUse(failure)) {
    // The list may show a file late, but an upload that can still be cancelled has made none.
    if (await cancelQuietly(uploadId, context)) throw countedTwice(failure, failure.hintParts);
  } else if (!isGone) throw failure;

  const message = `the upload may have been completed, but its file was not found: ${failure.message}`;
  const hint = 'Look for it in the dashboard, or resume again later.';

  throw new UploadError('completion_unknown', { message, hint }, { uploadId, cause: failure });
}

/**
 * Whether the upload is complete, or gone for an unknown reason. An upload that the server calls
 * expired or cancelled has made no file.
 */
function mayHaveEnded(error: UploadError): boolean {
  return error.code === 'upload_closed' || isUnknownUpload(error);
}

/**
 * Ends a refused completion, which has made no file. After `integrity`, the server's bytes are
 * wrong, so the upload is cancelled.
 */
async function endRefused(session: SessionHandle, error: unknown, context: UploadContext): Promise<void> {
  // Another key may know the upload, and a later list may show its file.
  if (isUploadError(error) && isUnknownUpload(error)) return;
  if (!isIntegrity(error)) return session.update({ status: 'pending' });
  // The source may have changed without a trace, for example through a memory map. If it has,
  // `confirmParts` throws. An MD5 that was not sent was not wrong: a later push finds the file by it.
  await session.update({ status: 'pending', ...(session.record.wantsMd5 ? NO_DIGESTS : {}) });
  await confirmParts(session.record, context);
  await cancelQuietly(session.record.uploadId, context);
  await giveUp(session, context.deps);
}

/** Whether a new upload follows, which must not make a second file. */
function isOfNoUse(error: unknown): error is UploadError {
  return isUploadError(error) && error.facts.mayCountTwice === true && !isIntegrity(error);
}

function isIntegrity(error: unknown): boolean {
  return isUploadError(error) && error.code === 'integrity';
}

function ignoreUploadError(error: unknown): undefined {
  if (!isUploadError(error)) throw error;
}

/**
 * Ignores most failures of the list. If the server has no list, its response that names no file is
 * the better reason.
 */
function onlyIfUnknown(error: unknown, failure: unknown): undefined {
  if (isListRefused(error) && isUploadError(failure) && lacksFile(failure)) return undefined;
  if (isUploadError(error) && error.code === 'completion_unknown') throw error;
  return undefined;
}

function withoutRetries(context: UploadContext): UploadContext {
  return { ...context, policy: { ...context.policy, retries: 0 } };
}
