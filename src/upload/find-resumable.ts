import { withFacts } from '../model/errors.ts';
import { NO_DIGESTS, type SessionRecord } from '../sessions/record.ts';
import type { Records } from '../sessions/records.ts';
import type { SessionHandle } from '../sessions/session.ts';
import { isUntouched } from '../source/inspect-file.ts';
import { findLostFile } from './complete.ts';
import type { UploadContext } from './context.ts';
import type { Dependencies } from './dependencies.ts';
import { saveFile } from './finish.ts';
import { sourceObstacle } from './open-source.ts';
import { askTime, usableRecords } from './read-session.ts';
import { settleChanged } from './settle.ts';
import { isSameSpec, type UploadSpec } from './upload-spec.ts';

/** What a search needs when it makes no request and changes nothing. */
interface PeekDependencies
  extends Pick<Dependencies, 'connection' | 'serverClock' | 'clock' | 'onEvent' | 'signal'> {
  readonly sessions: Pick<Records, 'find'>;
}

/**
 * Opens the newest session of the same file, account, purpose and settings that can still be
 * continued. Reports why it passes over a session of the same file. `partBytes` is not compared,
 * because a session keeps its own. With `doneBefore`, a completed session that is not in it counts
 * too: it was completed during the wait for a lock.
 * @throws UploadError `session_locked`; that of an unreadable record, which may be the one needed
 */
export async function findResumable(
  spec: UploadSpec,
  context: UploadContext,
  doneBefore?: ReadonlySet<string>,
): Promise<SessionHandle | undefined> {
  const { sessions, connection, onEvent } = context.deps;
  const saved = usableRecords(await sessions.find(spec));
  const fitting = candidates(saved, { spec, connection, doneBefore });

  // Under the lock of the source: a process that waits for it knows which sessions had ended.
  for (const record of saved) {
    // A rerun that has lost its line of a manifest may need the record.
    const mayGo = !isUnfinished(record) && record.manifest === undefined;
    if (mayGo && !fitting.includes(record)) sessions.leaveOut(record);
  }

  for (const record of fitting) {
    const { uploadId } = record;
    // Without the session's lock, which costs writes: a file that keeps changing has many sessions.
    const isTouched = record.status === 'pending' && !isUntouched(record.source, spec.source);
    const change = isTouched ? await sourceObstacle(unlocked(record), context.deps) : undefined;

    if (change !== undefined) {
      onEvent({ type: 'passed_over', uploadId, reason: change });
      continue;
    }

    const session = await sessions.open(uploadId, context.lockWait).catch((error: unknown) => {
      throw withFacts(error, { uploadId });
    });
    if (session === undefined) continue;

    const reason = await obstacleTo(session, spec, context).catch(async (error: unknown) => {
      await session.release();
      throw error;
    });
    if (reason === undefined) return session;
    await session.release();
    onEvent({ type: 'passed_over', uploadId, reason });
  }

  emitRepeated(saved, spec, context.deps);
  return undefined;
}

/**
 * Finds the upload that a push would continue, as far as this machine can know, and changes
 * nothing. An upload that may be complete counts, because a push would search for its file first.
 * @throws as `findResumable`, except for locks
 */
export async function peekResumable(
  spec: UploadSpec,
  deps: PeekDependencies,
): Promise<SessionRecord | undefined> {
  const saved = usableRecords(await deps.sessions.find(spec));

  for (const record of candidates(saved, { spec, connection: deps.connection })) {
    if (record.status === 'completed') return record;
    if (record.status === 'pending' && deps.serverClock.timeLeftMs(record) <= 0) continue;
    if ((await sourceObstacle(unlocked(record), deps)) === undefined) return record;
  }
  return undefined;
}

/**
 * Reports that the same file was uploaded before, for the same purpose and under the same name, and
 * has not changed since. The user may not know that. A job reports this once for all of its files.
 * @param saved the sessions of the file, newest first
 */
function emitRepeated(
  saved: readonly SessionRecord[],
  spec: UploadSpec,
  { connection, onEvent }: Pick<Dependencies, 'connection' | 'onEvent'>,
): void {
  if (spec.manifest !== undefined) return;
  const before = saved.find(
    (record) =>
      record.status === 'completed' &&
      isSameSpec(record, spec, connection) &&
      isUntouched(record.source, spec.source),
  );
  if (!before?.file) return;
  const { id: fileId, created_at: completedAt = before.createdAt } = before.file;
  onEvent({ type: 'repeated', fileId, completedAt });
}

interface Wanted extends Pick<PeekDependencies, 'connection'> {
  readonly spec: UploadSpec;
  readonly doneBefore?: ReadonlySet<string> | undefined;
}

function candidates(
  saved: readonly SessionRecord[],
  { spec, connection, doneBefore }: Wanted,
): readonly SessionRecord[] {
  return saved.filter((record) => {
    if (!isSameSpec(record, spec, connection)) return false;
    if (isUnfinished(record)) return true;

    const isNewlyDone = doneBefore?.has(record.uploadId) === false;
    // By a resume, or by a run that was killed before it wrote the manifest.
    const isDoneForManifest = spec.manifest !== undefined && record.manifest === spec.manifest;
    return (isNewlyDone || isDoneForManifest) && isDoneFor(record, spec);
  });
}

function isUnfinished({ status }: SessionRecord): boolean {
  return status === 'pending' || status === 'completing';
}

/** Whether the session's file has the bytes that the source has now. */
function isDoneFor({ status, cutFrom, source }: SessionRecord, spec: UploadSpec): boolean {
  return status === 'completed' && (cutFrom !== null || isUntouched(source, spec.source));
}

const EXPIRED = 'it has expired';

/**
 * Returns why a session cannot be continued, or undefined. Another process may have ended it during
 * the wait for its lock.
 */
async function obstacleTo(
  session: SessionHandle,
  spec: UploadSpec,
  context: UploadContext,
): Promise<string | undefined> {
  const { status, wantsMd5 } = session.record;
  if (isDoneFor(session.record, spec)) return undefined;
  if (status === 'completed') return 'another process has completed it, and the source has changed since';
  if (status === 'cancelled' || status === 'expired') return `it is ${status}`;

  // For one that may be complete, the list is read anyway.
  if (status === 'pending') await askTime(session.record, context);
  const isExpired = () => context.deps.serverClock.timeLeftMs(session.record) <= 0;
  if (isExpired() && status === 'pending') return EXPIRED;

  const obstacle = await sourceObstacle(session, context.deps);
  // A piece whose bytes are lost may still have become a file, and it is the right one.
  const mayBeDone = status === 'completing';
  const isLost = obstacle !== undefined && mayBeDone && session.record.cutFrom !== null;
  if (obstacle !== undefined && !isLost)
    return mayBeDone ? await settleChanged(session, obstacle, context) : obstacle;

  if (wantsMd5 !== spec.wantsMd5) await session.update({ wantsMd5: spec.wantsMd5, ...NO_DIGESTS });
  // A file that passed and has not been touched since need not be checked again.
  const check = spec.check === 'due' ? (session.record.check ?? 'due') : spec.check;
  if (check !== session.record.check) await session.update({ check });
  if (!isExpired() && !isLost) return undefined;

  // An earlier *complete* may have made a file. Another upload would make a second one.
  const file = await findLostFile(session, context);

  if (file === undefined) {
    // The response has told the server's time, unless its `Date` was wrong.
    await askTime(session.record, context);
    if (!isExpired()) return undefined;
    // The end must be saved, or a later search could mistake a file made by others in the meantime
    // for its own.
    await session.update({ status: 'expired' });
    return obstacle ?? EXPIRED;
  }

  await saveFile(session, file, context.deps);
  return undefined;
}

function unlocked(record: SessionRecord): Pick<SessionHandle, 'record' | 'update'> {
  return { record, update: async () => undefined };
}
