import { withEnvironment, withLocalEnvironment } from '../options/environment.ts';
import type { CancelOptions, PruneOptions, SessionsOptions, TransferOptions } from '../options/options.ts';
import { checkConnectionOptions, checkTransferOptions } from '../options/validate.ts';
import type { CancelledOfJob, EndedJob } from './end-job.ts';
import type { Job, JobRequest } from './open-job.ts';
import type { JobSummary } from './read-job.ts';

/**
 * Opens a job: a push of many files that keeps a journal. The same job goes on after any end.
 * @throws UploadError `usage`, `api_key_missing`, `session_locked`, `manifest_unusable`,
 * `manifest_mismatch`
 */
export async function openJob(request: JobRequest, options: TransferOptions = {}): Promise<Job> {
  checkTransferOptions(options);
  return (await import('./open-job.ts')).openJob(request, withEnvironment(options));
}

/**
 * Lists the unfinished jobs, the oldest first. Needs no key and makes no request.
 * @throws UploadError `session_unreadable`, `manifest_unusable`
 */
export async function listJobs(options: SessionsOptions = {}): Promise<readonly JobSummary[]> {
  return (await import('./read-job.ts')).listJobs(withLocalEnvironment(options));
}

/**
 * Cancels the unfinished uploads of a job on the server, yields what came of each, and ends the job
 * unless one has failed. Its finished files stay.
 * @throws UploadError `session_unknown`, `session_mismatch`, `session_locked`; `manifest_unusable`
 */
export async function* cancelJob(id: string, options: CancelOptions = {}): AsyncGenerator<CancelledOfJob> {
  checkConnectionOptions(options);
  yield* (await import('./end-job.ts')).cancelJob(id, withEnvironment(options));
}

/**
 * Forgets the jobs that are finished or cancelled, with `keepMs` only those that ended longer ago, in
 * milliseconds. A manifest that keeps one stays. Needs no key and
 * makes no request.
 * @throws UploadError as `listJobs`; `session_unwritable`
 */
export async function pruneJobs(
  options: PruneOptions & { readonly keepMs?: number } = {},
): Promise<readonly EndedJob[]> {
  const { dryRun = false, keepMs } = options;
  const limits = { dryRun, ...(keepMs !== undefined && { keepMs }) };
  return (await import('./end-job.ts')).pruneJobs({ ...withLocalEnvironment(options), ...limits });
}
