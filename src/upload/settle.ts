import type { Digests } from '../checksum/hash-file.ts';
import { isUploadError, withFacts } from '../model/errors.ts';
import type { SessionRecord } from '../sessions/record.ts';
import type { SessionHandle } from '../sessions/session.ts';
import { openFile } from '../source/inspect-file.ts';
import { shownPath } from './caller-error.ts';
import { completeUpload, findLostFile } from './complete.ts';
import { boundBy, type UploadContext } from './context.ts';
import { saveFile } from './finish.ts';
import { changedParts } from './open-source.ts';
import { askTime, isExpired, saveClosing, usableRecords } from './read-session.ts';
import type { UploadSpec } from './upload-spec.ts';

export type Hashed = UploadSpec & { readonly digests: Digests };

/**
 * Finds out what became of uploads of the same bytes, from any path, whose *complete* got no
 * response. Another upload could make a second file. An upload that has made no file is completed
 * now, because the server has all of its bytes.
 * @throws UploadError naming an upload whose outcome cannot be known; `session_corrupt` and similar
 */
export async function settleAlike(spec: Hashed, context: UploadContext): Promise<void> {
  const { sessions, connection } = context.deps;

  for (const record of usableRecords(await sessions.findAlike({ ...spec, ...connection }))) {
    if (record.status !== 'completing' || !(await hasBytesOf(spec, record, context))) continue;

    const session = await sessions.open(record.uploadId, context.lockWait).catch((error: unknown) => {
      throw withFacts(error, { uploadId: record.uploadId });
    });
    if (session === undefined) continue;

    try {
      await settle(session, spec.digests, context);
    } finally {
      await session.release();
    }
  }
}

/**
 * Without digests, the parts are compared. All of them are recorded, because *complete* was sent.
 */
async function hasBytesOf(spec: Hashed, record: SessionRecord, { deps }: UploadContext): Promise<boolean> {
  const { source, digests } = spec;
  if (record.md5 !== null)
    return record.md5 === digests.md5 && (record.sha256 ?? digests.sha256) === digests.sha256;

  const file = await openFile(source.path);
  try {
    return (await changedParts({ ...record, source }, file, deps)).length === 0;
  } finally {
    await file.close();
  }
}

async function settle(session: SessionHandle, digests: Digests, context: UploadContext): Promise<void> {
  const { record } = session;
  // Another process may have settled the upload during the wait for the lock.
  if (record.status !== 'completing') return;

  try {
    if (record.md5 === null) await session.update(digests);
    const file = await findLostFile(session, context);
    if (file === undefined) await askTime(record, context);
    if (file === undefined && isExpired(record, context.deps))
      return await session.update({ status: 'expired' });

    const bound = boundBy(context, record);
    await saveFile(session, file ?? (await completeUpload(session, digests, bound)), context.deps);
  } catch (error) {
    await saveClosing(session, error, context.deps);
    const { uploadId, status } = session.record;
    // If the upload is over, or the server has refused it, there is no file.
    const isOpen = status === 'completing' && !(isUploadError(error) && error.code === 'upload_expired');
    if (isOpen || !isUploadError(error)) throw withFacts(error, { uploadId, path: shownPath(record) });
  }
}

/**
 * Looks for the file of an upload that cannot be continued because its source has changed. A later
 * search must not mistake it for the file of the new bytes.
 * @returns the obstacle, and what became of the upload
 * @throws UploadError of the requests
 */
export async function settleChanged(
  session: SessionHandle,
  obstacle: string,
  context: UploadContext,
): Promise<string> {
  try {
    const file = await findLostFile(session, context, 'over');
    if (file === undefined) return `${obstacle}; before that it may have been completed`;

    await saveFile(session, file, context.deps);
    return `${obstacle}; before that it was uploaded as ${file.id}`;
  } catch (error) {
    if (!isUploadError(error) || error.code !== 'completion_unknown') throw error;
    return `${obstacle}; ${error.message}`;
  }
}
