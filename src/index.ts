import type { FolderOptions, FoundFile } from './folder/files-in.ts';
import type { UploadError } from './model/errors.ts';
import type { PieceOutcome, SplitPlan } from './model/piece.ts';
import type { CancelResult, UploadResult } from './model/upload.ts';
import { withEnvironment } from './options/environment.ts';
import type {
  CancelOptions,
  ConnectionOptions,
  Data,
  PushOptions,
  ResumeOptions,
  SplitOptions,
  TransferOptions,
} from './options/options.ts';
import { checkConnectionOptions, checkPushOptions, checkTransferOptions } from './options/validate.ts';
import type { Dependencies } from './upload/dependencies.ts';
import type { Uploader } from './upload/uploader.ts';

export { diagnose } from './doctor/doctor.ts';
export type { FolderOptions, FoundFile } from './folder/files-in.ts';
export type { CancelledOfJob, EndedJob } from './job/end-job.ts';
export type { Job, JobRequest } from './job/job.ts';
export { cancelJob, listJobs, openJob, pruneJobs } from './job/jobs.ts';
export type { JobSummary } from './job/read-job.ts';
export {
  check,
  dryRun,
  eachSession,
  listSessions,
  namesOfShard,
  pruneSessions,
  sessionStatus,
  sweepSessions,
} from './local/local.ts';
export type { Account } from './model/account.ts';
export {
  concernsAll,
  isUploadError,
  UploadError,
  type UploadErrorCode,
  type UploadErrorFacts,
  type UploadErrorText,
} from './model/errors.ts';
export type { OnEvent, Progress, UploadEvent } from './model/events.ts';
export type { Check, CheckName, LinkSpeed } from './model/health.ts';
export type { Hint, OptionMention, OptionName } from './model/hint.ts';
export { type CheckResult, type Issue, type IssueCode, issueText } from './model/issue.ts';
export type { Piece, PieceOutcome, PiecePlan, SplitPlan } from './model/piece.ts';
export type {
  NextStep,
  PartSpan,
  PruneResult,
  SessionDetails,
  SessionList,
  SessionStatus,
  SessionSummary,
  SourceState,
} from './model/session-summary.ts';
export type { LockOwner, StateLock, StateStore } from './model/state-store.ts';
export type {
  Bottleneck,
  CancelResult,
  FileObject,
  PushPlan,
  RepushOptions,
  UploadResult,
} from './model/upload.ts';
export { VERSION } from './model/version.ts';
export type {
  CancelOptions,
  CheckOptions,
  ConnectionOptions,
  Data,
  DiagnoseOptions,
  FileOptions,
  KeySource,
  ListShard,
  PruneOptions,
  PushOptions,
  ResumeFileOptions,
  ResumeOptions,
  SessionsOptions,
  SplitOptions,
  TransferOptions,
  WebStream,
} from './options/options.ts';
export type { ItemOutcome } from './upload/push-many.ts';
export type { PushItem, ResumeItem, Uploader } from './upload/uploader.ts';

/**
 * Uploads a file, or continues the unfinished upload of the same file. Also takes data: a Buffer, a
 * Blob, a stream, or anything that yields bytes in order. Data is written to a private file first,
 * and is always a new upload.
 * @param source the path of a file, or data: at least one byte, at most 8 GB
 * @throws UploadError before the first request: `usage`, `api_key_missing`, `check_failed` or an
 * error about the source. After it: whatever ends the upload. Tell errors apart by `code`
 */
export async function push(source: string | Data, options: PushOptions): Promise<UploadResult> {
  // Callers in JavaScript may leave out the options, which is a usage error too.
  checkPushOptions(options ?? {});
  return withDependencies(options, async (deps) =>
    typeof source === 'string'
      ? (await import('./upload/push.ts')).push(source, options, deps)
      : (await import('./upload/stream-input.ts')).pushData(source, options, deps),
  );
}

/**
 * Finds the regular files below a folder, and yields them in the order of their paths as it reads
 * the folders. Links to files are followed, links to folders are not. Needs no key and makes no
 * request.
 */
export async function* filesIn(folder: string, options: FolderOptions = {}): AsyncGenerator<FoundFile> {
  yield* (await import('./folder/files-in.ts')).filesIn(folder, options);
}

/**
 * Says why a purpose would refuse a file for its name or its size, whatever its content. Undefined
 * when there is no such reason. `isCut`: the file is for `pushSplit`, so its size does not matter.
 */
export async function refusalOf(
  path: string,
  options: { readonly purpose: string; readonly isCut?: boolean },
): Promise<UploadError | undefined> {
  return (await import('./folder/files-in.ts')).refusalOf(path, options);
}

/**
 * Uploads a batch file in pieces that fit the API's limits, and yields their outcomes in order. A
 * piece that fails is an outcome too, and does not stop the others.
 * @throws UploadError when the options, the file as a whole or the manifest cannot be used
 */
export async function* pushSplit(path: string, options: SplitOptions): AsyncGenerator<PieceOutcome> {
  yield* (await import('./split/push-split.ts')).pushSplit(path, { ...options, ...withEnvironment(options) });
}

/**
 * Reads the file as `pushSplit` would, and returns the pieces that it would be split into. Needs no
 * key and makes no request.
 * @throws UploadError what `pushSplit` throws before its first request
 */
export async function planSplit(path: string, options: SplitOptions): Promise<SplitPlan> {
  return (await import('./split/plan-split.ts')).planSplit(path, { ...options, ...withEnvironment(options) });
}

/**
 * Continues a saved upload. Returns the file again when the upload is complete.
 * @throws UploadError `session_unknown`, `session_mismatch`, `session_locked`; `source_changed` and
 * `upload_expired` when the options do not allow it; what `push` throws
 */
export async function resume(uploadId: string, options: ResumeOptions = {}): Promise<UploadResult> {
  checkTransferOptions(options);
  return withDependencies(options, async (deps) =>
    (await import('./upload/resume.ts')).resume(uploadId, options, deps),
  );
}

/**
 * Opens an uploader for several uploads at a time. They share connections, and the limits that
 * `push` has for one upload.
 * @throws UploadError `usage`, `api_key_missing`
 */
export async function openUploader(options: TransferOptions = {}): Promise<Uploader> {
  checkTransferOptions(options);
  return (await import('./upload/uploader.ts')).createUploader(withEnvironment(options));
}

/**
 * Cancels an upload on the server and ends its session. Succeeds when the upload is over already.
 * @throws UploadError `session_unknown`, `session_mismatch`, `session_locked`; `upload_closed` when
 * it is complete; the errors of the request
 */
export async function cancel(uploadId: string, options: CancelOptions = {}): Promise<CancelResult> {
  checkConnectionOptions(options);
  return withDependencies(options, async (deps) =>
    (await import('./upload/cancel.ts')).cancel(uploadId, options, deps),
  );
}

/**
 * Loads the code of an upload only when it is called, because a short run spends most of its time
 * on loading.
 */
async function withDependencies<T>(
  options: ConnectionOptions,
  action: (deps: Dependencies) => Promise<T>,
): Promise<T> {
  const { openDependencies } = await import('./upload/dependencies.ts');
  const deps = await openDependencies(withEnvironment(options));
  try {
    return await action(deps);
  } finally {
    await deps.close();
  }
}
