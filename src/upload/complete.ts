import { isUploadError, UploadError } from '../model/errors.ts';
import type { FileObject } from '../model/upload.ts';
import type { SessionHandle } from '../sessions/session.ts';
import { confirmParts } from './confirm-source.ts';
import { boundBy, callApi, cancelQuietly, type UploadContext } from './context.ts';
import type { CallOptions } from './dependencies.ts';
import { findFile } from './find-file.ts';
import { refuseClosed } from './read-session.ts';

/**
 * Completes the upload and gives its file. Once *complete* has been sent, an answer that does not come leaves open
 * whether there is a file now; then the server's list is asked before *complete* is sent again, so that there is never a
 * second file of our making.
 * @throws UploadError `integrity`, `completion_unknown`, and those of the requests; the record says `completing` as long
 * as it is not known whether there is a file
 */
export async function completeUpload(
  session: SessionHandle,
  md5: string | null,
  context: UploadContext,
): Promise<FileObject> {
  const { deps } = context;
  deps.onEvent({ type: 'phase', phase: 'completing' });
  // An earlier run may have completed it; who calls has looked for the file already.
  let mayBeDone = session.record.status === 'completing';
  let mustLook = false;
  await session.update({ status: 'completing', md5 });
  const { uploadId, parts, wantsMd5 } = session.record;
  const upload = { id: uploadId, partIds: parts.map(({ partId }) => partId), md5: wantsMd5 ? md5 : null };
  const attempt = async (options: CallOptions) => {
    const found = mustLook ? await findFile(session.record, deps, options) : undefined;
    if (found) return found;
    refuseClosed(session.record, deps);
    await context.assertAlone?.();
    try {
      return await deps.api.completeUpload(upload, options);
    } catch (error) {
      if (mayHaveCompleted(error)) mayBeDone = mustLook = true;
      throw error;
    }
  };
  try {
    return await callApi(
      boundBy(context, session.record),
      { what: 'complete', action: 'completing the upload' },
      attempt,
    );
  } catch (error) {
    // Who finds fault with the bytes has not made a file of them, whatever became of an earlier attempt.
    if (mayBeDone && !isIntegrity(error)) return await findOrThrow(session, error, context);
    await endRefused(session, error, context);
    throw error;
  }
}

/** Searches for the file of an upload that an earlier *complete* may have made; undefined when there is none. */
export function findLostFile(
  session: SessionHandle,
  context: UploadContext,
): Promise<FileObject | undefined> {
  const call = { what: 'list', action: 'looking for the file' };
  return callApi(context, call, (options) => findFile(session.record, context.deps, options));
}

/**
 * The last look before a failure is told. When the list cannot be had either, the first failure says more; but that the upload
 * is gone, after it may have been completed, says nothing about its file as long as the list was not read.
 */
export async function findOrThrow(
  session: SessionHandle,
  failure: unknown,
  context: UploadContext,
): Promise<FileObject> {
  const { signal } = context.deps;
  if (signal.aborted) throw failure;
  const isGone = isUploadError(failure) && mayHaveEnded(failure);
  const look = isGone
    ? findLostFile(session, context)
    : findLostFile(session, withoutRetries(context)).catch(onlyIfUnknown);
  const found = await look;
  if (found) return found;
  signal.throwIfAborted();
  if (!isGone) throw failure;
  const message = `the upload may have been completed, but its file was not found: ${failure.message}`;
  const { uploadId } = session.record;
  const hint = 'Look for it in the dashboard, or resume once more in a while.';
  throw new UploadError('completion_unknown', { message, hint }, { uploadId, cause: failure });
}

/** Completed, or gone without a word of why. What the server calls expired or cancelled has made no file. */
function mayHaveEnded({ code, facts }: UploadError): boolean {
  if (code === 'upload_closed') return true;
  return code === 'upload_expired' && facts.httpStatus !== undefined && !facts.isFinal;
}

/** A refusal of what was asked means that nothing was made. Silence and trouble mean nothing. */
function mayHaveCompleted(error: unknown): boolean {
  if (!isUploadError(error)) return true;
  return ['upload_closed', 'network', 'stalled', 'server_error'].includes(error.code);
}

/** Refused for certain: there is no file. What the server holds is wrong after an `integrity` error, so it is let go. */
async function endRefused(session: SessionHandle, error: unknown, context: UploadContext): Promise<void> {
  if (!isIntegrity(error)) return session.update({ status: 'pending' });
  // Nothing showed that the source has changed, but it may have, as with a file that is mapped into memory. Then it is told.
  await session.update({ status: 'pending', md5: null });
  await confirmParts(session.record, context);
  await cancelQuietly(session.record.uploadId, context);
  await session.update({ status: 'cancelled' });
}

function isIntegrity(error: unknown): boolean {
  return isUploadError(error) && error.code === 'integrity';
}

function onlyIfUnknown(error: unknown): undefined {
  if (isUploadError(error) && error.code === 'completion_unknown') throw error;
  return undefined;
}

function withoutRetries(context: UploadContext): UploadContext {
  return { ...context, policy: { ...context.policy, retries: 0 } };
}
