import { isUploadError, type UploadError } from '../model/errors.ts';
import type { PruneResult, SessionSummary } from '../model/session.ts';
import type { PruneOptions } from '../options/options.ts';
import { describeSession, statusOf } from './describe-session.ts';
import type { LocalDependencies } from './local-dependencies.ts';
import { pruneBlocker } from './prune-blocker.ts';

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
