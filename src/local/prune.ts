import { isUploadError, systemCode, type UploadError } from '../model/errors.ts';
import { unwritable } from '../model/session-errors.ts';
import type { PruneResult, SessionSummary } from '../model/session-summary.ts';
import type { PruneOptions } from '../options/options.ts';
import type { SessionRecord } from '../sessions/record.ts';
import type { Records } from '../sessions/records.ts';
import { describeSession, statusOf } from './describe-session.ts';
import type { LocalDependencies } from './local-dependencies.ts';

/**
 * Deletes the sessions that are over: completed, cancelled or expired. Keeps those that a process
 * works on, and those that another session still needs. Spools without a session are deleted too.
 * @throws UploadError `session_unreadable` when the state directory cannot be read; the errors of
 * single records are in the result
 */
export async function pruneSessions(options: PruneOptions, deps: LocalDependencies): Promise<PruneResult> {
  const { sessions: saved, unusable } = await deps.records.list();
  const open = saved
    .map(({ record }) => record)
    .filter(({ status }) => status === 'pending' || status === 'completing');
  const forgotten: SessionSummary[] = [];
  const kept: PruneResult['kept'][number][] = [];
  const failed: UploadError[] = [...unusable];

  for (const each of saved) {
    try {
      const session = await describeSession(each, deps);
      if (session.status === 'pending' || (session.status === 'completing' && session.timeLeftMs !== 0))
        continue;
      if (isExpiredByOffsetAlone(each.record, deps)) continue;
      const reason = pruneBlocker(session, each.record, open);
      if (reason !== undefined) kept.push({ session, reason });
      else if (options.dryRun || (await forget(session, deps))) forgotten.push(session);
    } catch (error) {
      if (!isUploadError(error)) throw error;
      failed.push(error);
    }
  }

  const { orphans, waiting, failed: stuck } = await sweepSpools(options, deps);
  const left = options.dryRun ? [] : deps.records.sweep();

  return {
    forgotten,
    kept,
    orphans,
    waiting,
    failed: toldOnce([...failed, ...stuck, ...left], deps.records),
  };
}

/** What is forgotten by now is told, whatever the spools are. */
async function sweepSpools({ dryRun = false }: PruneOptions, { records }: LocalDependencies) {
  try {
    return await records.spools.sweep({ dryRun });
  } catch (error) {
    if (!isUploadError(error)) throw error;
    return { orphans: [], waiting: [], failed: [error] };
  }
}

/** Where a read-only or a full disk is the reason, each record would say the same. */
const OF_ALL = ['EROFS', 'EACCES', 'EPERM', 'ENOSPC', 'EDQUOT'];

function toldOnce(failed: readonly UploadError[], { directory }: Records): readonly UploadError[] {
  const told = new Set<string>();

  return failed.flatMap((error) => {
    const { cause } = error.facts;
    const code = systemCode(cause) ?? '';
    if (error.code !== 'session_unwritable' || !OF_ALL.includes(code)) return [error];
    if (told.has(code)) return [];
    told.add(code);
    return [unwritable(directory, cause)];
  });
}

/** The clock may have been put right since the offset was saved. Then the upload may live. */
function isExpiredByOffsetAlone({ status, expiresAt }: SessionRecord, { clock }: LocalDependencies): boolean {
  const isOpen = status === 'pending' || status === 'completing';
  return isOpen && expiresAt * 1000 > clock.now();
}

/** False when another process locked or changed it after it was checked. */
async function forget({ uploadId, status }: SessionSummary, deps: LocalDependencies): Promise<boolean> {
  try {
    return await deps.records.forget(uploadId, (record) => statusOf(record, deps) === status);
  } catch (error) {
    if (isUploadError(error) && error.code === 'session_locked') return false;
    throw error;
  }
}

/** Why a session that seems to be over must be kept, if so. */
function pruneBlocker(
  session: SessionSummary,
  record: SessionRecord,
  open: readonly SessionRecord[],
): string | undefined {
  if (session.lockedBy !== null) return 'a process is working on it';
  if (session.status === 'completing') return 'it may have been completed; resume or cancel it';
  const rival = open.find((other) => mayTakeItsFile(other, record));
  return rival && `${rival.uploadId} could mistake its file for its own; resume or cancel that first`;
}

/**
 * The search for the file of a lost *complete* leaves out the files of other sessions
 * (`find-file.ts`). Without this session, another one could take its file of the same name and size
 * for its own.
 */
function mayTakeItsFile(other: SessionRecord, { file, ...record }: SessionRecord): boolean {
  return (
    file !== null &&
    other.baseUrl === record.baseUrl &&
    other.purpose === record.purpose &&
    other.filename === record.filename &&
    other.source.bytes === record.source.bytes &&
    (file.created_at ?? other.createdAt) >= other.createdAt
  );
}
