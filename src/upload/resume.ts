import { isUploadError, UploadError } from '../model/errors.ts';
import type { UploadResult } from '../model/upload.ts';
import type { ResumeOptions } from '../options/options.ts';
import type { SessionHandle } from '../sessions/session.ts';
import { withBackgroundPreflight } from './background-preflight.ts';
import { describeSpoolError, shownPath, toCallerError } from './caller-error.ts';
import { completeUpload, findLostFile, findOrThrow } from './complete.ts';
import { boundBy, cancelQuietly, createContext, type UploadContext } from './context.ts';
import type { Dependencies } from './dependencies.ts';
import { isListRefused } from './find-file.ts';
import { emitCompleted, finish } from './finish.ts';
import { withKeptStream } from './give-up.ts';
import { reasonToStartOver, type StartingOver } from './judge-refusal.ts';
import { openSession } from './open-session.ts';
import { confirmSource, openSource } from './open-source.ts';
import {
  askTime,
  isExpired,
  isUseless,
  openSaved,
  readSaved,
  refuseClosed,
  saveClosing,
} from './read-session.ts';
import { sendMissing } from './send-parts.ts';
import { tidySpools } from './tidy-spools.ts';
import { repushOptions, specFromRecord } from './upload-spec.ts';

/**
 * Continues a saved session to its end. An upload that is already complete is not sent again.
 * @throws UploadError; what the server has acknowledged stays saved
 */
export async function resume(
  uploadId: string,
  options: ResumeOptions,
  deps: Dependencies,
): Promise<UploadResult> {
  const context = createContext(options, deps);
  try {
    const { record } = await readSaved(uploadId, deps);
    if (record.file !== null) return await emitCompleted(record, record.file, context);
    return await resumeSession(await openSaved(uploadId, context), options, context);
  } catch (error) {
    throw toCallerError(error, deps.signal, { uploadId });
  } finally {
    context.slot.release();
  }
}

/** Continues a session that this process holds, and releases it. @throws as `resume` */
export async function resumeSession(
  session: SessionHandle,
  options: ResumeOptions,
  context: UploadContext,
): Promise<UploadResult> {
  const { uploadId, spool } = session.record;
  try {
    return await finishSession(session, options, context);
  } catch (error) {
    if (isUseless(error) && session.record.file === null) await cancelQuietly(uploadId, context);
    await saveClosing(session, error, context.deps);
    const again = reasonToStartOver(session, error, context);
    const { record } = session;
    const tell = async (failure: unknown) => {
      throw await withKeptStream(failure, record, context.deps);
    };
    if (again) return await startOver(session, options, { context, ...again }).catch(tell);

    const leftMs = context.deps.serverClock.timeLeftMs(record);
    const isFile = record.spool === null && record.cutFrom === null;
    const facts = {
      uploadId,
      path: shownPath(record),
      // Once there is a file, the end of its upload ends nothing.
      ...(Number.isFinite(leftMs) && record.file === null && { timeLeftMs: leftMs }),
      ...(isFile && { repush: await repushOptions(record) }),
    };
    return await tell(toCallerError(describeSpoolError(error, record), context.deps.signal, facts));
  } finally {
    if (spool !== null)
      await tidySpools(context.deps, (spools) => {
        // A run that was killed while it gave the upload up may have marked it as kept.
        if (session.record.file !== null) spools.handOver(spool);
        return spools.drop(spool);
      });
    await session.release();
  }
}

async function finishSession(
  session: SessionHandle,
  options: ResumeOptions,
  context: UploadContext,
): Promise<UploadResult> {
  const { record } = session;
  if (record.file !== null) return await emitCompleted(record, record.file, context);

  if (record.status === 'completing') {
    const file = await findLostFile(session, context).catch((error: unknown) => {
      // With `restart`, the user has checked the dashboard and asks to start over. While an upload
      // is open, a server without a list shows the outcome in its response to another *complete*.
      const isOver = isExpired(record, context.deps);
      const isUnknown = isUploadError(error) && error.code === 'completion_unknown';
      if (isUnknown && (isOver ? options.restart : isListRefused(error))) return undefined;
      throw error;
    });
    if (file) return await finish(session, file, context);
  }

  await askTime(record, context);
  if (options.restart && isExpired(record, context.deps)) return await restart(session, options, context);

  refuseClosed(record, context.deps);

  return await sendAndComplete(session, options, context);
}

async function sendAndComplete(
  session: SessionHandle,
  options: ResumeOptions,
  context: UploadContext,
): Promise<UploadResult> {
  const file = await openSource(session, { reuploadChanged: options.reuploadChanged ?? false }, context.deps);
  try {
    const partsResumed = session.record.parts.length;
    const bound = boundBy(context, session.record);
    const { bytesSent, ...sent } = await withBackgroundPreflight(session, file, bound, (context) =>
      sendMissing(session, file, context),
    );
    const digests = await confirmSource(session, { file, digests: sent.digests }, context);
    await context.claim?.moveTo(digests);
    return await finish(session, await completeUpload(session, digests, context), context, {
      bytesSent,
      partsResumed,
    });
  } catch (error) {
    // Another run has completed the upload, which our record does not show.
    if (!isUploadError(error) || error.code !== 'upload_closed') throw error;
    refuseForeign(session, error);
    return await finish(session, await findOrThrow(session, error, context), context);
  } finally {
    await file.close();
  }
}

/**
 * Refuses an upload that is complete although it has got nothing from us. Its id came from an old
 * response, and its file has other bytes.
 * @throws UploadError `request_refused`
 */
function refuseForeign({ record }: SessionHandle, cause: UploadError): void {
  if (record.parts.length > 0 || record.status !== 'pending') return;
  const message = `the server says that ${record.uploadId} is complete, which has none of this file yet`;
  const hint = 'Check the base URL and any proxy in between: one of them may repeat an old response.';
  throw new UploadError('request_refused', { message, hint }, { cause, isFinal: true });
}

/** Sends the file again as a new upload, and remembers the part size that the server wants. */
async function startOver(
  refused: SessionHandle,
  options: ResumeOptions,
  { context, reason, sizes }: StartingOver & { readonly context: UploadContext },
): Promise<UploadResult> {
  const { linkMemory, onEvent } = context.deps;
  if (sizes) linkMemory.save(sizes);
  onEvent({ type: 'passed_over', uploadId: refused.record.uploadId, reason });

  const spec = { ...(await specFromRecord(refused.record)), ...sizes };
  const { session } = await openSession(spec, context, refused);
  return await resumeSession(session, options, sizes ? context : { ...context, hasStartedOver: true });
}

/** Replaces an expired upload, which cannot be revived, with a new one, at most once. */
async function restart(
  expired: SessionHandle,
  options: ResumeOptions,
  context: UploadContext,
): Promise<UploadResult> {
  const { restartedAs, uploadId: from } = expired.record;
  if (restartedAs !== null) return await resume(restartedAs, { ...options, restart: false }, context.deps);

  // Saved first, or the search for an unfinished session would find this one.
  await expired.update({ status: 'expired' });
  const { session } = await openSession(await specFromRecord(expired.record), context, expired);
  const { uploadId } = session.record;

  try {
    if (session !== expired) await expired.update({ restartedAs: uploadId });
  } catch (error) {
    await session.release();
    throw error;
  }

  context.deps.onEvent({ type: 'restarted', from, uploadId });

  return await resumeSession(session, { ...options, restart: false }, context);
}
