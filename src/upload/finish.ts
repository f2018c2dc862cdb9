import { isUploadError, UploadError } from '../model/errors.ts';
import type { FileObject, UploadResult } from '../model/upload.ts';
import { contentOf } from '../sessions/ledger-entry.ts';
import type { SessionRecord } from '../sessions/record.ts';
import type { SessionHandle } from '../sessions/session.ts';
import { shownPath } from './caller-error.ts';
import type { UploadContext } from './context.ts';
import type { Dependencies } from './dependencies.ts';
import { giveUp } from './give-up.ts';
import { waitIfAsked } from './wait-for-file.ts';

/** The part of the work that this run did. */
export interface Share {
  readonly bytesSent: number;
  readonly partsResumed: number;
}

/**
 * Saves the file in the session and the ledger, and returns the result.
 * @throws UploadError `integrity` when the server's file has a different size
 */
export async function finish(
  session: SessionHandle,
  file: FileObject,
  context: UploadContext,
  share?: Share,
): Promise<UploadResult> {
  await saveFile(session, file, context.deps);
  return await emitCompleted(session.record, file, context, share);
}

/** Saves the file in the session and the ledger. @throws as `finish`; `session_unwritable` */
export async function saveFile(
  session: SessionHandle,
  file: FileObject,
  deps: Pick<Dependencies, 'sessions' | 'onEvent'>,
): Promise<void> {
  const { bytes } = session.record.source;
  if (typeof file.bytes === 'number' && file.bytes !== bytes) {
    await giveUp(session, deps);
    const message = `the server's file ${file.id} has ${file.bytes} bytes, the source has ${bytes}`;
    throw new UploadError('integrity', { message, hint: `Delete ${file.id} and push again.` });
  }

  // The ledger comes first, because a completed session is never checked for a missing entry.
  await recordInLedger(session.record, file, deps);

  try {
    await session.update({ status: 'completed', file });
  } catch (error) {
    if (!isUploadError(error)) throw error;
    // The file exists anyway.
    throw error.with({ message: `the file exists, ${file.id}, but ${error.message}` });
  }

  try {
    deps.sessions.leaveOutAlike(session.record);
  } catch (error) {
    // What is left in the index only costs a later search some time.
    if (!isUploadError(error)) throw error;
  }
}

/**
 * Emits and returns the result of a completed upload. Without a share, this run only found the
 * file.
 * @throws as `waitIfAsked`
 */
export async function emitCompleted(
  record: SessionRecord,
  made: FileObject,
  context: UploadContext,
  share?: Share,
): Promise<UploadResult> {
  const { uploadId, filename, purpose, md5, sha256 = null } = record;
  const parts = record.parts.length;

  return await emitResult(
    {
      uploadId,
      filename,
      path: shownPath(record),
      bytes: record.source.bytes,
      purpose,
      md5,
      sha256,
      parts,
      ...(share ?? { bytesSent: 0, partsResumed: parts }),
      bottleneck: context.timeSpent.bottleneck(),
      alreadyUploaded: false,
    },
    made,
    context,
  );
}

/**
 * Adds what is known only at the end to a result, emits it and returns it.
 * @throws as `waitIfAsked`
 */
export async function emitResult(
  known: Omit<UploadResult, 'fileId' | 'file' | 'retries' | 'seconds'>,
  made: FileObject,
  context: UploadContext,
): Promise<UploadResult> {
  const file = await waitIfAsked(made, known.purpose, context);
  const seconds = (context.deps.clock.monotonic() - context.startedAt) / 1000;
  const result = { ...known, fileId: file.id, file, retries: context.retries(), seconds };
  context.deps.onEvent({ type: 'completed', result });

  return result;
}

/**
 * Records a file in the ledger by its digests, when they are known. A ledger that cannot be written
 * is reported but is not a failure: the file exists, and the session holds the same facts until it
 * is pruned.
 */
async function recordInLedger(
  record: SessionRecord,
  file: FileObject,
  { sessions, onEvent }: Pick<Dependencies, 'sessions' | 'onEvent'>,
): Promise<void> {
  const content = contentOf(record);
  if (content === undefined) return;

  try {
    await sessions.ledger.write({ ...content, uploadId: record.uploadId, file });
  } catch (error) {
    if (!isUploadError(error)) throw error;
    onEvent({ type: 'unrecorded', fileId: file.id, error });
  }
}
