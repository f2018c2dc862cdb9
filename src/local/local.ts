import type { UploadError } from '../model/errors.ts';
import type { CheckResult } from '../model/issue.ts';
import type { PruneResult, SessionDetails, SessionList, SessionSummary } from '../model/session-summary.ts';
import type { PushPlan } from '../model/upload.ts';
import { withEnvironment, withLocalEnvironment } from '../options/environment.ts';
import type {
  CheckOptions,
  Data,
  ListShard,
  PruneOptions,
  PushOptions,
  SessionsOptions,
} from '../options/options.ts';
import { checkData, checkNames, checkPushOptions, checkShard } from '../options/validate.ts';
import type { LocalDependencies } from './local-dependencies.ts';

/**
 * Checks the file as a push would, and plans the push. Needs no key, makes no request and changes
 * nothing. Data is read to its end but not kept.
 * @throws UploadError what a push throws before its first request
 */
export async function dryRun(source: string | Data, options: PushOptions): Promise<PushPlan> {
  checkPushOptions(options ?? {});
  const [{ openLocalDependencies }, story] = await Promise.all([
    import('./local-dependencies.ts'),
    import('./dry-run.ts'),
  ]);
  const { insecureHttp = false, ...connection } = withEnvironment(options);
  const local = await openLocalDependencies({ ...connection, insecureHttp });
  if (typeof source === 'string') return story.dryRun(source, options, local);
  return story.dryRunData(source, checkData(source, options), options, local);
}

/**
 * Lists the saved sessions, newest first. Records that cannot be read are in the result. Like
 * `sessionStatus` and `pruneSessions`, it needs no key and makes no request.
 * @throws UploadError `session_unreadable` when the state directory cannot be read
 */
export async function listSessions(options: SessionsOptions = {}): Promise<SessionList> {
  const { listSessions: list } = await import('./list.ts');
  return list(await openLocal(options));
}

/**
 * Like `listSessions`, but yields one session after the other, in no particular order. There may be
 * very many. A record that cannot be read yields its error instead.
 * @throws UploadError what `listSessions` throws
 */
export async function* eachSession(
  options: SessionsOptions = {},
): AsyncGenerator<SessionSummary | UploadError> {
  const { sessionBatches } = await import('./list.ts');
  for await (const batch of sessionBatches(await openLocal(options))) for (const each of batch) yield each;
}

/**
 * Describes a saved session in full, with the next step.
 * @throws UploadError `session_unknown`, `session_corrupt`, `session_newer`, `session_unreadable`
 */
export async function sessionStatus(
  uploadId: string,
  options: SessionsOptions = {},
): Promise<SessionDetails> {
  const { sessionStatus: status } = await import('./status.ts');
  return status(uploadId, await openLocal(options));
}

/**
 * Deletes the sessions that are completed, cancelled or expired. Errors of single sessions are in
 * the result.
 * @throws UploadError `session_unreadable` when the state directory cannot be read
 */
export async function pruneSessions(options: PruneOptions = {}): Promise<PruneResult> {
  const { pruneSessions: prune } = await import('./prune.ts');
  return prune(options, await openLocal(options));
}

/** A sweep reads all records, so it runs at most once a day. */
const SWEEP_EVERY_MS = 86_400_000;

/**
 * Deletes sessions that are over and were created longer ago than `keepMs`. Does nothing if that
 * was done less than a day ago. The ledger keeps what `ifNotUploaded` needs.
 * @returns whether it was due
 * @throws UploadError `session_unreadable`, `session_unwritable`
 */
export async function sweepSessions(keepMs: number, options: SessionsOptions = {}): Promise<boolean> {
  const [{ pruneOld }, { claimTurn }] = await Promise.all([
    import('./prune.ts'),
    import('../sessions/claim-turn.ts'),
  ]);
  const deps = await openLocal(options);
  if (!claimTurn(deps.records.directory, deps.clock.now(), SWEEP_EVERY_MS)) return false;
  await pruneOld(keepMs, deps);
  return true;
}

/**
 * Checks a file, or data, against the rules for its purpose. Needs no key and makes no request. The
 * issues that it finds are the result, not an error.
 * @throws UploadError when the file cannot be read, or could not be uploaded for any purpose
 */
export async function check(source: string | Data, options: CheckOptions): Promise<CheckResult> {
  checkNames(options ?? {});
  const story = await import('./check.ts');
  if (typeof source === 'string') return story.check(source, options);
  return story.checkData(source, checkData(source, options), options);
}

/**
 * Picks the names of one shard. The shard of a name does not depend on the other names, so several
 * machines can each take a shard without talking to each other.
 * @throws UploadError `usage` for an invalid shard
 */
export async function namesOfShard(names: readonly string[], shard: ListShard): Promise<readonly string[]> {
  checkShard(shard);
  return (await import('./names-of-shard.ts')).namesOfShard(names, shard);
}

async function openLocal(options: SessionsOptions): Promise<LocalDependencies> {
  const { openLocalDependencies } = await import('./local-dependencies.ts');
  return openLocalDependencies(withLocalEnvironment(options));
}
