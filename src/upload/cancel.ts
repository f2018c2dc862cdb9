import { isUploadError, UploadError } from '../model/errors.ts';
import type { CancelResult } from '../model/upload.ts';
import type { CancelOptions } from '../options/options.ts';
import type { SessionRecord } from '../sessions/record.ts';
import type { SessionHandle } from '../sessions/session.ts';
import { shownPath, toCallerError } from './caller-error.ts';
import { findLostFile } from './complete.ts';
import { callApi, createContext, type UploadContext } from './context.ts';
import type { Dependencies } from './dependencies.ts';
import type { UploadFate } from './find-file.ts';
import { saveFile } from './finish.ts';
import { askTime, judgeUnknown, openSaved, readSaved } from './read-session.ts';
import { tidySpools } from './tidy-spools.ts';

/**
 * Cancels an upload on the server, then ends its session. Cancelling an upload that has already
 * ended is not an error.
 * @throws UploadError `upload_closed` when it is complete, because a file cannot be cancelled; and
 * errors of the request
 */
export async function cancel(
  uploadId: string,
  options: CancelOptions,
  deps: Dependencies,
): Promise<CancelResult> {
  const context = createContext(options, deps);
  context.slot.release();
  const { record } = await readSaved(uploadId, deps);
  // A spool may only be dropped under the session's lock.
  const ended = record.spool === null ? endedBefore(record) : undefined;
  if (ended) return ended;

  const session = await openSaved(uploadId, context).catch((error: unknown) => {
    throw toCallerError(error, deps.signal, { uploadId });
  });

  try {
    const result = endedBefore(session.record) ?? (await cancelSession(session, context));
    if (record.spool !== null) await dropSpool(record.spool, session, context);
    return result;
  } catch (error) {
    throw toCallerError(error, deps.signal, { uploadId, path: shownPath(session.record) });
  } finally {
    await session.release();
  }
}

/**
 * A cancelled upload is never started over, even if it had expired, so its spool is not needed. Nor
 * is one that was kept because the upload had ended without a file.
 */
function dropSpool(name: string, { record }: SessionHandle, { deps }: UploadContext): Promise<void> {
  return tidySpools(deps, (spools) => {
    spools.handOver(name);
    return spools.drop(name, record.uploadId);
  });
}

/**
 * Returns the result for a session that has already ended, which needs no lock and no request.
 * @throws UploadError `upload_closed`
 */
function endedBefore(record: SessionRecord): CancelResult | undefined {
  const { uploadId, status } = record;
  if (status === 'completed') throw alreadyComplete(record);
  return status === 'cancelled' || status === 'expired' ? { uploadId, status, wasOpen: false } : undefined;
}

async function cancelSession(session: SessionHandle, context: UploadContext): Promise<CancelResult> {
  const { uploadId } = session.record;
  await askTime(session.record, context);

  if (context.deps.serverClock.timeLeftMs(session.record) <= 0) {
    if (session.record.status === 'completing') await refuseIfComplete(session, context).catch(onlyIfCertain);
    // The response has told the server's time.
    if (context.deps.serverClock.timeLeftMs(session.record) <= 0) return await end(session, 'expired', false);
  }

  try {
    const call = { what: 'cancel', action: 'cancelling the upload' };
    await callApi(context, call, (options) => context.deps.api.cancelUpload(uploadId, options));
    return await end(session, 'cancelled', true);
  } catch (failure) {
    const error = judgeUnknown(failure, session.record);
    if (!isUploadError(error)) throw error;
    if (error.code === 'upload_cancelled') return end(session, 'cancelled', false);
    if (error.code === 'upload_expired' && error.facts.isFinal) {
      // The server may not know the upload because it has become a file.
      if (error !== failure && session.record.status === 'completing')
        await refuseIfComplete(session, context, 'over').catch(onlyIfCertain);
      return end(session, 'expired', false);
    }
    if (error.code !== 'upload_closed') throw error;
    await refuseIfComplete(session, context, 'over');
    throw alreadyComplete(session.record);
  }
}

async function refuseIfComplete(
  session: SessionHandle,
  context: UploadContext,
  fate: UploadFate = 'open',
): Promise<void> {
  const file = await findLostFile(session, context, fate);
  if (file === undefined) return;
  await saveFile(session, file, context.deps);
  throw alreadyComplete(session.record);
}

/**
 * Ignores `completion_unknown`: cancelling an expired upload gives it up, even when its outcome
 * cannot be found.
 */
function onlyIfCertain(error: unknown): void {
  if (!isUploadError(error) || error.code !== 'completion_unknown') throw error;
}

async function end(
  session: SessionHandle,
  status: CancelResult['status'],
  wasOpen: boolean,
): Promise<CancelResult> {
  await session.update({ status });
  return { uploadId: session.record.uploadId, status, wasOpen };
}

function alreadyComplete({ uploadId, file }: SessionRecord): UploadError {
  const message = `${uploadId} is complete${file ? `: ${file.id}` : ''}`;
  const hint = 'Delete the file instead, if you do not need it.';
  return new UploadError('upload_closed', { message, hint }, { uploadId });
}
