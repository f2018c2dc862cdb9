import { openUnrecorded } from '../job/unrecorded.ts';
import { isUploadError, systemCode, type UploadError } from '../model/errors.ts';
import { beganAtMs } from '../model/server-clock.ts';
import { unwritable } from '../model/session-errors.ts';
import type { PruneResult, SessionSummary } from '../model/session-summary.ts';
import type { PruneOptions } from '../options/options.ts';
import type { SessionRecord } from '../sessions/record.ts';
import type { Records } from '../sessions/records.ts';
import { describeSession, statusOf } from './describe-session.ts';
import { heeding, type LocalDependencies, recordBatches } from './local-dependencies.ts';

/** The outcome for one session that is over, or seems to be. */
type Pruned =
  | { readonly how: 'forgotten'; readonly session: SessionSummary }
  | { readonly how: 'kept'; readonly session: SessionSummary; readonly reason: string }
  | { readonly how: 'failed'; readonly error: UploadError };

/**
 * Deletes the sessions that are over: completed, cancelled or expired. Keeps those that a process
 * is working on, and those that another session still needs. Also deletes spools without a session.
 * @throws UploadError `session_unreadable` when the state directory cannot be read; the errors of
 * single records are in the result
 */
export async function pruneSessions(options: PruneOptions, deps: LocalDependencies): Promise<PruneResult> {
  const forgotten: SessionSummary[] = [];
  const kept: PruneResult['kept'][number][] = [];
  const failed: UploadError[] = [];

  for await (const pruned of prune(options, deps)) {
    if (pruned.how === 'forgotten') forgotten.push(pruned.session);
    else if (pruned.how === 'kept') kept.push({ session: pruned.session, reason: pruned.reason });
    else failed.push(pruned.error);
  }

  const { orphans, waiting, failed: stuck } = await sweepSpools(options, deps);
  const left = options.dryRun ? [] : await deps.records.sweep();

  return {
    forgotten,
    kept,
    orphans,
    waiting,
    failed: toldOnce([...failed, ...stuck, ...left], deps.records),
  };
}

/** Returns a failure instead of throwing it: what was forgotten must be reported in any case. */
async function sweepSpools({ dryRun = false }: PruneOptions, { records }: LocalDependencies) {
  try {
    return await records.spools.sweep({ dryRun });
  } catch (error) {
    if (!isUploadError(error)) throw error;
    return { orphans: [], waiting: [], failed: [error] };
  }
}

/** When the disk is read-only or full, each record would report the same. It is reported once. */
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

/**
 * Deletes the sessions that are over and were created longer ago than `keepMs`, one after the
 * other, so there may be any number of them. What cannot be deleted is left for a prune to report.
 * @throws what `pruneSessions` throws
 */
export async function pruneOld(keepMs: number, deps: LocalDependencies): Promise<void> {
  for await (const _ of prune({}, deps, deps.clock.now() - keepMs));
}

async function* prune(
  { dryRun }: PruneOptions,
  deps: LocalDependencies,
  createdBeforeMs = Number.POSITIVE_INFINITY,
): AsyncGenerator<Pruned> {
  const rivals = openRivals();
  const neededBy = await openUnrecorded(deps);
  const over: { readonly uploadId: string; readonly sinceMs: number }[] = [];

  for await (const batch of recordBatches(deps))
    for (const each of batch) {
      if (isUploadError(each)) {
        yield { how: 'failed', error: each };
        continue;
      }
      const { record } = each;
      if (record.status === 'pending' || record.status === 'completing') rivals.add(record);
      const isSending = statusOf(record, deps) === 'pending';
      const sinceMs = beganAtMs(record);
      if (!isSending && sinceMs < createdBeforeMs) over.push({ uploadId: record.uploadId, sinceMs });
    }

  over.sort((a, b) => b.sinceMs - a.sinceMs);
  for await (const { uploadId } of heeding(over, deps.signal)) {
    try {
      const saved = await deps.records.read(uploadId);
      if (saved === undefined) continue;
      const session = await describeSession(saved, deps);
      const { status, timeLeftMs } = session;
      if (status === 'pending' || (status === 'completing' && timeLeftMs !== 0)) continue;
      const { record } = saved;
      const reason =
        pruneBlocker(session, record, rivals.of(record)) ??
        (status === 'completed' ? neededBy(record) : undefined);
      if (reason !== undefined) yield { how: 'kept', session, reason };
      else if (dryRun || (await forget(session, deps))) yield { how: 'forgotten', session };
    } catch (error) {
      if (!isUploadError(error)) throw error;
      yield { how: 'failed', error };
    }
  }
}

/** Returns false when another process locked or changed the session after it was checked. */
async function forget({ uploadId, status }: SessionSummary, deps: LocalDependencies): Promise<boolean> {
  try {
    return await deps.records.forget(uploadId, (record) => statusOf(record, deps) === status);
  } catch (error) {
    if (isUploadError(error) && error.code === 'session_locked') return false;
    throw error;
  }
}

/** Says why a session that seems to be over must be kept. Undefined when it need not be. */
function pruneBlocker(
  session: SessionSummary,
  { file }: SessionRecord,
  rival: Rival | undefined,
): string | undefined {
  if (session.lockedBy !== null) return 'a process is working on it';
  if (session.status === 'completing') return 'it may have been completed; resume or cancel it';
  if (file === null || rival === undefined) return undefined;
  const mayTake = (file.created_at ?? rival.createdAt) >= rival.createdAt;
  return mayTake
    ? `${rival.uploadId} could take this session's file for its own; resume or cancel that first`
    : undefined;
}

type Rival = Pick<SessionRecord, 'uploadId' | 'createdAt'>;

/**
 * The search for the file of a lost *complete* leaves out the files of other sessions
 * (`find-file.ts`). Without this session, another one could mistake its file, of the same name and
 * size, for its own. It is enough to know the oldest that could.
 */
function openRivals() {
  const oldest = new Map<string, Rival>();
  const keyOf = ({ baseUrl, purpose, filename, source }: SessionRecord) =>
    JSON.stringify([baseUrl, purpose, filename, source.bytes]);

  return {
    add(record: SessionRecord) {
      const { uploadId, createdAt } = record;
      const known = oldest.get(keyOf(record));
      if (known === undefined || createdAt < known.createdAt)
        oldest.set(keyOf(record), { uploadId, createdAt });
    },
    of: (record: SessionRecord) => oldest.get(keyOf(record)),
  };
}
