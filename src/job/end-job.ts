import { existsSync, readdirSync } from 'node:fs';
import { dirname, join } from 'node:path';
import { systemClock } from '../model/clock.ts';
import { isUploadError, UploadError } from '../model/errors.ts';
import { removeFile } from '../model/file-access.ts';
import type { CancelResult } from '../model/upload.ts';
import type { CancelOptions, PruneOptions } from '../options/options.ts';
import { openStore, recoverState } from '../sessions/open-store.ts';
import { syncDirectory, writeSavedFile } from '../sessions/saved-file.ts';
import { type HeldLock, openSessions } from '../sessions/sessions.ts';
import { cancel } from '../upload/cancel.ts';
import { createContext } from '../upload/context.ts';
import { type Dependencies, openDependencies } from '../upload/dependencies.ts';
import { refuseOtherAccount } from '../upload/read-session.ts';
import { unwritable } from './job-journal.ts';
import {
  idsOfJobs,
  type JobHead,
  type JobSummary,
  jobOf,
  jobsFolder,
  listJobs,
  readJob,
} from './read-job.ts';

/** The result of cancelling an upload of a job. `uploadId` is null if its record is unreadable. */
export type CancelledOfJob =
  | { readonly status: 'cancelled'; readonly result: CancelResult }
  | { readonly status: 'failed'; readonly uploadId: string | null; readonly error: UploadError };

/** A job that was finished or cancelled. */
export interface EndedJob {
  readonly id: string;
  /** As passed to `openJob`. */
  readonly wanted: Readonly<Record<string, unknown>>;
  /** Unix seconds. */
  readonly endedAt: number;
  readonly wasCancelled: boolean;
}

/**
 * Cancels the unfinished uploads of a job, and then the job itself.
 * @throws UploadError `session_unknown`, `session_mismatch`, `session_locked`
 */
export async function* cancelJob(id: string, options: CancelOptions): AsyncGenerator<CancelledOfJob> {
  const job = (await listJobs(options)).find((each) => each.id === id);
  if (job === undefined) throw unknownJob(id);

  const deps = await openDependencies(options);
  const { lockWait, slot } = createContext(options, deps);
  slot.release();
  const path = join(jobsFolder(options), `${id}.jsonl`);
  const locks: HeldLock[] = [];

  try {
    refuseOtherAccount(id, job, deps.connection);
    locks.push(await deps.sessions.lockFile(path, lockWait));
    // Another process may have finished it during the wait.
    const head = await readJob(path, options.signal);
    if (head === undefined || head.finished_at !== undefined) throw unknownJob(id);
    if (head.journal !== null) locks.push(await deps.sessions.lockFile(head.journal, lockWait));

    let hasFailed = false;
    for await (const outcome of cancelUploads(job, options, deps)) {
      hasFailed ||= outcome.status === 'failed';
      yield outcome;
    }
    if (!hasFailed) await endJob(path, head, { wasCancelled: true });
  } finally {
    for (const lock of locks) await lock.release();
    await deps.close();
  }
}

async function* cancelUploads(
  { manifests }: JobSummary,
  options: CancelOptions,
  deps: Dependencies,
): AsyncGenerator<CancelledOfJob> {
  for await (const each of deps.sessions.each()) {
    if (isUploadError(each)) {
      // It may belong to this job.
      yield { status: 'failed', uploadId: null, error: each };
      continue;
    }
    const { uploadId, status, manifest = '' } = each.record;
    const isUnfinished = status === 'pending' || status === 'completing';
    if (!isUnfinished || !manifests.includes(manifest)) continue;

    try {
      yield { status: 'cancelled', result: await cancel(uploadId, options, deps) };
    } catch (error) {
      if (!isUploadError(error)) throw error;
      // Its file exists, and stays like the other files of the job.
      if (error.code !== 'upload_closed') yield { status: 'failed', uploadId, error };
    }
  }
}

/**
 * Ends a job under its lock. If a manifest keeps the journal, nothing else of the job stays. Should a
 * power cut bring the rest back, the job only finds all of its files in the manifest.
 * @throws UploadError `manifest_unusable`
 */
export async function endJob(
  path: string,
  head: JobHead,
  { wasCancelled = false }: { readonly wasCancelled?: boolean } = {},
): Promise<void> {
  if (head.journal !== null) return removeFile(path);

  const ended = {
    ...head,
    finished_at: Math.floor(systemClock.now() / 1000),
    ...(wasCancelled && { was_cancelled: true }),
  };
  try {
    writeSavedFile(path, `${JSON.stringify(ended)}\n`);
  } catch (cause) {
    throw unwritable(path, cause);
  }

  // Only now: a job that is not known to have ended would send all of its pieces again.
  dropPieceJournals(dirname(path), head.job);
}

/**
 * Deletes the journals of the files that a job has split. They are gone for good when this returns.
 * @throws system errors
 */
export function dropPieceJournals(folder: string, id: string): void {
  const names = readdirSync(folder).filter((name) => jobOf(name) === id && name !== `${id}.jsonl`);
  for (const name of names) removeFile(join(folder, name));
  if (names.length > 0) syncDirectory(folder);
}

/**
 * Forgets ended jobs. With `keepMs`, only those that ended longer ago than that.
 * @throws UploadError `session_unreadable`, `session_unwritable`, `manifest_unusable`
 */
export async function pruneJobs(
  options: PruneOptions & { readonly keepMs?: number },
): Promise<readonly EndedJob[]> {
  const { dryRun = false, keepMs } = options;
  const endedBefore = keepMs === undefined ? Number.POSITIVE_INFINITY : (systemClock.now() - keepMs) / 1000;
  await recoverState(options, systemClock);
  const sessions = openSessions(openStore(options, systemClock), systemClock);
  const folder = jobsFolder(options);
  const forgotten: EndedJob[] = [];

  for (const id of await idsOfJobs(folder)) {
    const path = join(folder, `${id}.jsonl`);
    const ended = endOf(await readJob(path, options.signal));
    // Without its own journal, those of its pieces are what a power cut has left.
    const isOver = ended === undefined ? !existsSync(path) : ended.endedAt < endedBefore;
    if (!isOver) continue;

    if (!dryRun) {
      const lock = await sessions.lockToDelete(path).catch((error) => {
        if (isUploadError(error) && error.code === 'session_locked') return undefined;
        throw error;
      });
      if (lock === undefined) continue;
      let isStillOver = false;
      try {
        // The process that has just released the lock may have restarted the job.
        isStillOver = !existsSync(path) || endOf(await readJob(path, options.signal)) !== undefined;
        if (isStillOver) {
          dropPieceJournals(folder, id);
          removeFile(path);
        }
      } catch (cause) {
        throw isUploadError(cause) ? cause : unwritable(path, cause);
      } finally {
        // A lock that is held keeps the process alive.
        await lock.release();
      }
      if (!isStillOver) continue;
    }
    if (ended !== undefined) forgotten.push(ended);
  }

  return forgotten;
}

function endOf(head: JobHead | undefined): EndedJob | undefined {
  if (head?.finished_at === undefined) return undefined;
  const { job: id, wanted, finished_at: endedAt, was_cancelled: wasCancelled = false } = head;
  return { id, wanted, endedAt, wasCancelled };
}

export function unknownJob(id: string): UploadError {
  const message = `there is no unfinished job ${id}`;
  return new UploadError('session_unknown', { message, hint: 'See what is saved with openai-upload list.' });
}
