import type { CheckResult } from './model/issue.ts';
import type { PieceOutcome, SplitPlan } from './model/piece.ts';
import type { PruneResult, SessionDetails, SessionList } from './model/session.ts';
import type { CancelResult, PushPlan, UploadResult } from './model/upload.ts';
import { withEnvironment, withLocalEnvironment } from './options/environment.ts';
import type {
  CancelOptions,
  CheckOptions,
  ConnectionOptions,
  Data,
  ListShard,
  PruneOptions,
  PushOptions,
  ResumeOptions,
  SessionsOptions,
  SplitOptions,
  TransferOptions,
} from './options/options.ts';
import {
  checkConnectionOptions,
  checkData,
  checkNames,
  checkPushOptions,
  checkShard,
  checkTransferOptions,
} from './options/validate.ts';
import type { Dependencies } from './upload/dependencies.ts';
import type { Uploader } from './upload/uploader.ts';

export type { Account } from './model/account.ts';
export { checkFailure } from './model/check-failure.ts';
export {
  isUploadError,
  UploadError,
  type UploadErrorCode,
  type UploadErrorFacts,
  type UploadErrorText,
} from './model/errors.ts';
export type { OnEvent, Progress, UploadEvent } from './model/events.ts';
export { type CheckResult, type Issue, type IssueCode, issueText } from './model/issue.ts';
export type { Piece, PieceOutcome, PiecePlan, SplitPlan } from './model/piece.ts';
export type {
  LockOwner,
  NextStep,
  PartSpan,
  PruneResult,
  RepushOptions,
  SessionDetails,
  SessionList,
  SessionStatus,
  SessionSummary,
  SourceState,
} from './model/session.ts';
export type { StateLock, StateStore } from './model/state-store.ts';
export type { Bottleneck, CancelResult, FileObject, PushPlan, UploadResult } from './model/upload.ts';
export { VERSION } from './model/version.ts';
export { connectionFromEnvironment } from './options/environment.ts';
export type {
  CancelOptions,
  CheckOptions,
  ConnectionOptions,
  Data,
  FileOptions,
  ListShard,
  PruneOptions,
  PushOptions,
  ResumeFileOptions,
  ResumeOptions,
  SessionsOptions,
  SplitOptions,
  TransferOptions,
} from './options/options.ts';
export { accountOf, checkPushOptions } from './options/validate.ts';
export type { Uploader } from './upload/uploader.ts';

/**
 * Uploads a file, or continues the unfinished upload of the same file. Also takes data: a Blob, or
 * what yields bytes in order. Data is written into a private file first and is always a new upload.
 * @param source the path of a file, or data: at least one byte, at most 8 GB
 * @throws UploadError before the first request `usage`, `api_key_missing`, `check_failed` or one
 * about the source; after it whatever ends the upload. Tell them apart by `code`
 */
export async function push(source: string | Data, options: PushOptions): Promise<UploadResult> {
  // From JavaScript it may be left out; that too is a matter of usage.
  checkPushOptions(options ?? {});
  return withDependencies(options, async (deps) =>
    typeof source === 'string'
      ? (await import('./upload/push.ts')).push(source, options, deps)
      : (await import('./upload/stream-input.ts')).pushData(source, options, deps),
  );
}

/**
 * Looks at the file, as a push does first, and tells what a push would do. Needs no key, makes no request and changes nothing.
 * Data is read to its end for it, and not kept.
 * @throws UploadError as a push would before its first request
 */
export async function dryRun(source: string | Data, options: PushOptions): Promise<PushPlan> {
  checkPushOptions(options ?? {});
  const [look, story] = await Promise.all([import('./local/local.ts'), import('./local/dry-run.ts')]);
  const { insecureHttp = false, ...connection } = withEnvironment(options);
  const local = look.createLocalDependencies({ ...connection, insecureHttp });
  if (typeof source === 'string') return story.dryRun(source, options, local);
  return story.dryRunData(source, checkData(source, options), options, local);
}

/**
 * Uploads a batch file in pieces that fit the API's bounds, and yields what comes of each in their
 * order. A piece that fails is an outcome too, and does not stop the others.
 * @throws UploadError when the options, the file as a whole or the manifest cannot be used
 */
export async function* pushSplit(path: string, options: SplitOptions): AsyncGenerator<PieceOutcome> {
  yield* (await import('./split/push-split.ts')).pushSplit(path, { ...options, ...withEnvironment(options) });
}

/**
 * Reads the file, as `pushSplit` does first, and gives what it would be split into. Needs no key and
 * makes no request.
 * @throws UploadError as `pushSplit` would before its first request
 */
export async function planSplit(path: string, options: SplitOptions): Promise<SplitPlan> {
  return (await import('./split/plan-split.ts')).planSplit(path, { ...options, ...withEnvironment(options) });
}

/**
 * Continues a saved upload; one that is complete gives its file again.
 * @throws UploadError `session_unknown`, `session_mismatch`, `session_locked`; `source_changed` and
 * `upload_expired` where the options do not allow it; otherwise as `push`
 */
export async function resume(uploadId: string, options: ResumeOptions = {}): Promise<UploadResult> {
  checkTransferOptions(options);
  return withDependencies(options, async (deps) =>
    (await import('./upload/resume.ts')).resume(uploadId, options, deps),
  );
}

/**
 * Opens an uploader for several uploads at a time: they share connections, and the bounds that `push`
 * has for one.
 * @throws UploadError `usage`, `api_key_missing`
 */
export async function openUploader(options: TransferOptions = {}): Promise<Uploader> {
  checkTransferOptions(options);
  const uploader = (await import('./upload/uploader.ts')).createUploader(withEnvironment(options));
  return {
    ...uploader,
    push: async (source, own) => {
      checkPushOptions({ ...options, ...own });
      return await uploader.push(source, own);
    },
  };
}

/**
 * Cancels an upload on the server and ends its session. One that is over already is no error.
 * @throws UploadError `session_unknown`, `session_mismatch`, `session_locked`; `upload_closed` when it
 * is complete; and those of the request
 */
export async function cancel(uploadId: string, options: CancelOptions = {}): Promise<CancelResult> {
  checkConnectionOptions(options);
  return withDependencies(options, async (deps) =>
    (await import('./upload/cancel.ts')).cancel(uploadId, options, deps),
  );
}

/**
 * Lists what is saved, newest first. Needs no key and makes no request, as `sessionStatus` and
 * `pruneSessions`. A record that cannot be read is in the result.
 * @throws UploadError `session_unreadable` when the state directory cannot be read
 */
export async function listSessions(options: SessionsOptions = {}): Promise<SessionList> {
  const look = await import('./local/local.ts');
  return look.listSessions(look.createLocalDependencies(withLocalEnvironment(options)));
}

/**
 * Gives one saved session in full, and what is left to do.
 * @throws UploadError `session_unknown`, `session_corrupt`, `session_newer`, `session_unreadable`
 */
export async function sessionStatus(
  uploadId: string,
  options: SessionsOptions = {},
): Promise<SessionDetails> {
  const look = await import('./local/local.ts');
  return look.sessionStatus(uploadId, look.createLocalDependencies(withLocalEnvironment(options)));
}

/**
 * Forgets the sessions that are completed, cancelled or expired. What is wrong with one of them is in
 * the result.
 * @throws UploadError `session_unreadable` when the state directory cannot be read
 */
export async function pruneSessions(options: PruneOptions = {}): Promise<PruneResult> {
  const look = await import('./local/local.ts');
  return look.pruneSessions(options, look.createLocalDependencies(withLocalEnvironment(options)));
}

/**
 * Looks at a file, or data, by the rules of its purpose, without a key and without a request. What it finds is its result.
 * @throws UploadError when the file cannot be read, or could not be uploaded whatever its purpose
 */
export async function check(source: string | Data, options: CheckOptions): Promise<CheckResult> {
  checkNames(options ?? {});
  const story = await import('./local/check.ts');
  if (typeof source === 'string') return story.check(source, options);
  return story.checkData(source, checkData(source, options), options);
}

/**
 * The names that fall to one of several machines which share them out without asking each other: the same on each of them,
 * whatever other names there are. @throws UploadError `usage` when there is no such shard
 */
export async function namesOfShard(names: readonly string[], shard: ListShard): Promise<readonly string[]> {
  checkShard(shard);
  return (await import('./local/names-of-shard.ts')).namesOfShard(names, shard);
}

/** Loads the stories and what they need when they are called: most of the time of a short run goes into loading. */
async function withDependencies<T>(
  options: ConnectionOptions,
  action: (deps: Dependencies) => Promise<T>,
): Promise<T> {
  const { createDependencies } = await import('./upload/dependencies.ts');
  const deps = createDependencies(withEnvironment(options));
  try {
    return await action(deps);
  } finally {
    await deps.close();
  }
}
