import { type Account, differingFields } from '../model/account.ts';
import { shownUrl } from '../model/base-url.ts';
import { isUploadError, UploadError } from '../model/errors.ts';
import type { Progress } from '../model/events.ts';
import { hint, option } from '../model/hint.ts';
import type { SessionRecord } from '../sessions/record.ts';
import type { FoundRecords, Records, StoredRecord } from '../sessions/records.ts';
import type { SessionHandle } from '../sessions/session.ts';
import { callApi, type UploadContext } from './context.ts';
import type { Dependencies } from './dependencies.ts';
import { giveUp } from './give-up.ts';

/**
 * Reads the session of an upload that belongs to this server and account.
 * @throws UploadError `session_unknown`, `session_mismatch`, and those of reading the record
 */
export async function readSaved(uploadId: string, deps: Dependencies): Promise<StoredRecord> {
  const session = await deps.sessions.read(uploadId);
  if (session === undefined) throw unknownSession(uploadId, deps.sessions);
  refuseOtherAccount(uploadId, session.record, deps.connection);
  return session;
}

/**
 * Returns the records that a search has found.
 * @throws UploadError `session_corrupt`, `session_unreadable`: the unreadable record may be the one
 * that is needed
 */
export function usableRecords({ sessions, unusable }: FoundRecords): readonly SessionRecord[] {
  const fault = unusable.find((error) => error.code !== 'session_newer');
  if (fault) throw fault;
  return sessions.map(({ record }) => record);
}

/**
 * Locks a saved session to work on it. The caller must release it.
 * @throws as `readSaved`; `session_locked`
 */
export async function openSaved(uploadId: string, { deps, lockWait }: UploadContext): Promise<SessionHandle> {
  const session = await deps.sessions.open(uploadId, lockWait);
  if (session === undefined) throw unknownSession(uploadId, deps.sessions);
  return session;
}

/**
 * Refuses another account, because the key must not be sent to another server or used for another
 * account. `id` is that of an upload or a job.
 * @throws UploadError `session_mismatch`
 */
export function refuseOtherAccount(id: string, account: Account, connection: Account): void {
  const differsIn = differingFields(account, connection);
  const [field] = differsIn;
  if (field === undefined) return;

  const name = ACCOUNT_NAMES[field];
  const shown = (value: string | null) => (field === 'baseUrl' ? shownUrl(value ?? '') : (value ?? '(none)'));
  const message = `${id} belongs to the ${name} ${shown(account[field])}, not ${shown(connection[field])}`;
  const hint = `Set the ${name} it was created with.`;
  const { baseUrl, organization, project } = account;
  const belongsTo = { baseUrl, organization, project };
  throw new UploadError('session_mismatch', { message, hint }, { uploadId: id, belongsTo, differsIn });
}

const ACCOUNT_NAMES = { baseUrl: 'base URL', organization: 'organization', project: 'project' } as const;

export function isExpired(record: SessionRecord, deps: Pick<Dependencies, 'serverClock'>): boolean {
  return record.status === 'expired' || deps.serverClock.timeLeftMs(record) <= 0;
}

/**
 * Asks the server for its time when a session seems to have expired, and no response in this run
 * has told the time. Our clock may be wrong, or may have been corrected since the session was
 * saved. Any response tells the time, even a refusal.
 * @throws UploadError when no response comes
 */
export async function askTime(record: SessionRecord, context: UploadContext): Promise<void> {
  const { api, serverClock } = context.deps;
  if (!serverClock.needsDate(record)) return;

  try {
    const call = { what: 'list', action: 'asking for the time' };
    await callApi(context, call, (options) => api.listFiles({ purpose: record.purpose }, options));
  } catch (error) {
    if (!isUploadError(error) || error.facts.httpStatus === undefined) throw error;
  }
}

/**
 * Refuses to make requests for an upload that is over.
 * @throws UploadError `upload_cancelled`, `upload_expired`
 */
export function refuseClosed(record: SessionRecord, deps: Pick<Dependencies, 'serverClock'>): void {
  const { uploadId, status, restartedAs } = record;
  if (status === 'cancelled') {
    const message = `${uploadId} was cancelled`;
    throw new UploadError('upload_cancelled', { message, hint: 'Push the file again.' });
  }

  if (isExpired(record, deps)) {
    const isOver = deps.serverClock.timeLeftMs(record) <= 0;
    const at = new Date(record.expiresAt * 1000).toISOString();
    const message = isOver ? `${uploadId} expired at ${at}` : `the server says that ${uploadId} has expired`;
    const advice = restartedAs
      ? hint`It was started over as ${restartedAs}: resume that.`
      : hint`Push the file again, or resume it with ${option('restart', true)}: both make a new upload.`;
    throw new UploadError('upload_expired', { message, hint: advice });
  }
}

/**
 * Makes the error for an upload that expired while its parts were being sent. It says whether a new
 * upload of the file has a chance: either the file fits its lifetime at the speed seen, or there is
 * no speed yet because the run began near the end.
 */
export function expiredWhileSending(
  { uploadId, createdAt, expiresAt }: SessionRecord,
  { acknowledgedBytes, totalBytes, bytesPerSecond }: Progress,
  leftAtStartMs: number,
): UploadError {
  const lifetimeSeconds = expiresAt - createdAt;
  const hasBegunLate = leftAtStartMs / 1000 < lifetimeSeconds / 2;
  const canStartOver =
    bytesPerSecond === null ? hasBegunLate : totalBytes / bytesPerSecond <= lifetimeSeconds;

  const message = `${uploadId} expired when ${formatNumber(acknowledgedBytes)} of ${formatNumber(totalBytes)} bytes were sent`;
  if (canStartOver)
    return new UploadError('upload_expired', { message, hint: 'Push the file again.' }, { canStartOver });

  const needed = Math.ceil(totalBytes / lifetimeSeconds);
  const lifetime = lifetimeSeconds < 120 ? `${lifetimeSeconds} s` : `${Math.round(lifetimeSeconds / 60)} min`;
  const hint = `An upload lives for ${lifetime}, and in that time the file needs ${formatNumber(needed)} bytes a second; it was ${formatNumber(bytesPerSecond ?? 0)}. Use a faster link, or a smaller file.`;
  return new UploadError('upload_expired', { message, hint }, { canStartOver });
}

function formatNumber(value: number): string {
  return Math.round(value).toLocaleString('en');
}

/**
 * Ends the session when the server has said that the upload is over, or can never be completed. An
 * expiry by our clock alone is not saved, because the clock may be wrong. If the record cannot be
 * written, the original failure is the one to report.
 */
export async function saveClosing(
  session: SessionHandle,
  error: unknown,
  deps: Pick<Dependencies, 'sessions'>,
): Promise<void> {
  if (!isUploadError(error) || !error.facts.isFinal || session.record.file !== null) return;
  try {
    if (error.code === 'upload_expired') await session.update({ status: 'expired' });
    if (error.code === 'upload_cancelled' || isUseless(error)) await giveUp(session, deps);
  } catch (failure) {
    if (!isUploadError(failure)) throw failure;
  }
}

/** Whether the server does not know the upload, at least not for this key. */
export function isUnknownUpload({ code, facts }: UploadError): boolean {
  return code === 'upload_expired' && facts.httpStatus !== undefined && !facts.isFinal;
}

/**
 * An upload with an unknown lifetime never expires by the clock. If the server does not know it, in
 * whatever words, it has ended. Any other upload may only be hidden from this key, or by a wrong
 * base URL.
 * @param isFinal whether nothing else can tell
 * @returns the error to throw
 */
export function judgeUnknown(error: unknown, record: SessionRecord, isFinal = true): unknown {
  if (!isUploadError(error) || !record.isLifetimeUnknown || error.facts.isFinal) return error;
  const { httpStatus } = error.facts;
  const isUnknown = error.code === 'upload_expired' || error.code === 'request_refused';
  if (!isUnknown || (httpStatus !== 404 && httpStatus !== 410)) return error;
  const text = { message: error.message, hint: 'Push the file again.' };
  return new UploadError('upload_expired', text, { ...error.facts, isFinal });
}

/** Whether the server's upload can never be completed. */
export function isUseless(error: unknown): boolean {
  return isUploadError(error) && error.code === 'request_refused' && error.facts.isFinal === true;
}

export function unknownSession(uploadId: string, { directory }: Pick<Records, 'directory'>): UploadError {
  const message = `no session is saved for ${uploadId || 'an upload without an id'} in ${directory}`;
  const hint = 'Check the id, and the state directory if you use several.';
  return new UploadError('session_unknown', { message, hint }, { uploadId });
}
