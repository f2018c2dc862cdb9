import { isUploadError, withFacts } from '../model/errors.ts';
import type { SessionRecord } from '../sessions/record.ts';
import type { Session } from '../sessions/session.ts';
import { isUntouched } from '../source/inspect-file.ts';
import { findLostFile } from './complete-upload.ts';
import { openSource } from './open-source.ts';
import { type Run, timeLeftMs } from './run.ts';
import type { Wish } from './wish.ts';

/**
 * The newest session that would fulfil the same wish and still can: same file, server and purpose, not expired.
 * It tells why it passes over a session of the same file. `partBytes` does not matter, a session keeps its own.
 * With `doneBefore` a completed one will do as well, unless it is among those: then it was completed while we waited.
 * @throws UploadError `session_corrupt`, `session_unreadable`: a record that cannot be read may be the very one;
 * `session_locked`
 */
export async function findUnfinished(
  wish: Wish,
  run: Run,
  doneBefore?: ReadonlySet<string>,
): Promise<Session | undefined> {
  const { sessions, onEvent } = run.deps;
  const { sessions: saved, unusable } = sessions.list();
  const fault = unusable.find((error) => error.code !== 'session_newer');
  if (fault) throw fault;
  for (const { record } of saved.filter(({ record }) => isCandidate(record, wish, run, doneBefore))) {
    const { uploadId } = record;
    const session = await sessions.open(uploadId, run.patience).catch((error: unknown) => {
      throw withFacts(error, { uploadId });
    });
    if (session === undefined) continue;
    const reason = await releaseOnFailure(session, () => obstacleTo(session, wish, run));
    if (reason === undefined) return session;
    session.release();
    onEvent({ type: 'passed_over', uploadId, reason });
  }
  return undefined;
}

function isCandidate(
  record: SessionRecord,
  wish: Wish,
  run: Run,
  doneBefore: ReadonlySet<string> | undefined,
): boolean {
  const isUnfinished = record.status === 'pending' || record.status === 'completing';
  const isNewlyDone =
    record.status === 'completed' &&
    doneBefore?.has(record.uploadId) === false &&
    isUntouched(record.source, wish.source);
  return (isUnfinished || isNewlyDone) && isSameWish(record, wish, run);
}

function isSameWish(record: SessionRecord, wish: Wish, { deps }: Run): boolean {
  return (
    record.source.path === wish.source.path &&
    record.baseUrl === deps.connection.baseUrl &&
    record.organization === deps.connection.organization &&
    record.project === deps.connection.project &&
    record.purpose === wish.purpose &&
    record.filename === wish.filename &&
    record.mimeType === wish.mimeType &&
    record.fileLifetimeSeconds === wish.fileLifetimeSeconds
  );
}

const EXPIRED = 'it has expired';

/** Why a session cannot be continued, if it cannot. Another process may have ended it while we waited for its lock. */
async function obstacleTo(session: Session, wish: Wish, run: Run): Promise<string | undefined> {
  const { status, wantsMd5 } = session.record;
  if (status === 'completed') return undefined;
  if (status === 'cancelled' || status === 'expired') return `it is ${status}`;
  const isExpired = timeLeftMs(session.record, run.deps) <= 0;
  if (isExpired && status === 'pending') return EXPIRED;
  try {
    const source = await openSource(session, { reuploadChanged: false }, run.deps);
    await source.close();
  } catch (error) {
    if (isUploadError(error) && error.code === 'source_changed') return error.message;
    throw error;
  }
  if (wantsMd5 !== wish.wantsMd5) session.update({ wantsMd5: wish.wantsMd5, md5: null });
  if (!isExpired) return undefined;
  // Its *complete* may have made a file before it expired; another upload would make a second one.
  const file = await findLostFile(session, run);
  if (file === undefined) {
    // It is over for good: were it looked at again, a file made by others meanwhile could be taken for its.
    session.update({ status: 'expired' });
    return EXPIRED;
  }
  session.update({ status: 'completed', file });
  return undefined;
}

async function releaseOnFailure<T>(session: Session, action: () => Promise<T>): Promise<T> {
  try {
    return await action();
  } catch (error) {
    session.release();
    throw error;
  }
}
