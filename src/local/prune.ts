import { isUploadError, type UploadError } from '../model/errors.ts';
import type { PruneResult, SessionSummary } from '../model/session.ts';
import type { PruneOptions } from '../options/options.ts';
import { contentBytes } from '../plan/slices.ts';
import type { SessionRecord } from '../sessions/record.ts';
import { describeSession, statusOf } from './describe-session.ts';
import type { LocalDependencies } from './local-dependencies.ts';

/**
 * Forgets the sessions that are over: completed, cancelled, expired. One that a process works on is left alone, and so is
 * one that another session still needs. With them go the spools that belong to no session.
 * @throws UploadError `session_unreadable` when the state directory cannot be read; what is wrong with one record is in the result
 */
export async function pruneSessions(options: PruneOptions, deps: LocalDependencies): Promise<PruneResult> {
  const { sessions: saved, unusable } = await deps.records.list();
  const records = saved.map(({ record }) => record);
  const forgotten: SessionSummary[] = [];
  const kept: PruneResult['kept'][number][] = [];
  const failed: UploadError[] = [...unusable];
  for (const each of saved) {
    try {
      const session = await describeSession(each, deps);
      if (session.status === 'pending' || (session.status === 'completing' && session.timeLeftMs !== 0))
        continue;
      const reason = pruneBlocker(session, each.record, records);
      if (reason !== undefined) kept.push({ session, reason });
      else if (options.dryRun || (await forget(session, deps))) forgotten.push(session);
    } catch (error) {
      if (!isUploadError(error)) throw error;
      failed.push(error);
    }
  }
  const {
    orphans,
    waiting,
    failed: stuck,
  } = await deps.records.spools.sweep({
    dryRun: options.dryRun ?? false,
  });
  return { forgotten, kept, orphans, waiting, failed: [...failed, ...stuck] };
}

/** False when another process has got hold of it, or changed it, since it was looked at. */
async function forget({ uploadId, status }: SessionSummary, deps: LocalDependencies): Promise<boolean> {
  try {
    return await deps.records.forget(uploadId, (record) => statusOf(record, deps) === status);
  } catch (error) {
    if (isUploadError(error) && error.code === 'session_locked') return false;
    throw error;
  }
}

/** Why a session that seems over must not be forgotten yet, if there is a reason. */
function pruneBlocker(
  session: SessionSummary,
  record: SessionRecord,
  others: readonly SessionRecord[],
): string | undefined {
  if (session.lockedBy !== null) return 'a process is working on it';
  if (session.status === 'completing') return 'it may have been completed; resume or cancel it';
  const rival = others.find((other) => mayTakeItsFile(other, record));
  return rival && `${rival.uploadId} could take its file for its own; end that first`;
}

/**
 * Whoever looks for the file of a lost *complete* leaves out the files that other sessions got (`find-file.ts`). Forgotten, a
 * file of the same name and size that was made in its time would look like its own.
 */
function mayTakeItsFile(other: SessionRecord, { file, ...record }: SessionRecord): boolean {
  const isOpen = other.status === 'pending' || other.status === 'completing';
  return (
    isOpen &&
    file !== null &&
    other.baseUrl === record.baseUrl &&
    other.purpose === record.purpose &&
    other.filename === record.filename &&
    contentBytes(other) === contentBytes(record) &&
    (file.created_at ?? other.createdAt) >= other.createdAt
  );
}
