import { withEnvironment, withLocalEnvironment } from '../options/environment.ts';
import type { CancelOptions, PruneOptions, SessionsOptions, TransferOptions } from '../options/options.ts';
import { checkConnectionOptions, checkTransferOptions } from '../options/validate.ts';
import type { CancelledOfJob, EndedJob } from './end-job.ts';
import type { Job, JobRequest } from './job.ts';
import type { JobSummary } from './read-job.ts';

/**
 * Opens a job: a push of many files that keeps a journal. However a run ends, opening the same job
 * again continues it.
 * @throws UploadError `usage`, `api_key_missing`, `session_locked`, `manifest_unusable`,
 * `manifest_mismatch`
 */
export async function openJob(request: JobRequest, options: TransferOptions = {}): Promise<Job> {
  checkTransferOptions(options);
  return (await import('./open-job.ts')).openJob(request, withEnvironment(options));
}

/**
 * Lists the unfinished jobs, oldest first. Needs no key and makes no request.
 * @throws UploadError `session_unreadable`, `manifest_unusable`, `interrupted`
 */
export async function listJobs(options: SessionsOptions = {}): Promise<readonly JobSummary[]> {
  return (await import('./read-job.ts')).listJobs(withLocalEnvironment(options));
}

/**
 * Cancels the unfinished uploads of a job on the server and yields the result of each. Then ends
 * the job, unless a cancellation failed. Its finished files stay.
 * @throws UploadError `session_unknown`, `session_mismatch`, `session_locked`; `manifest_unusable`
 */
export async function* cancelJob(id: string, options: CancelOptions = {}): AsyncGenerator<CancelledOfJob> {
  checkConnectionOptions(options);
  yield* (await import('./end-job.ts')).cancelJob(id, withEnvironment(options));
}

/**
 * Forgets finished and cancelled jobs. With `keepMs`, only those that ended more than that many
 * milliseconds ago. A manifest that keeps the journal of a job stays. Needs no key and makes no
 * request.
 * @throws UploadError like `listJobs`; `session_unwritable`
 */
export async function pruneJobs(
  options: PruneOptions & { readonly keepMs?: number } = {},
): Promise<readonly EndedJob[]> {
  const { dryRun = false, keepMs } = options;
  const limits = { dryRun, ...(keepMs !== undefined && { keepMs }) };
  return (await import('./end-job.ts')).pruneJobs({ ...withLocalEnvironment(options), ...limits });
}
