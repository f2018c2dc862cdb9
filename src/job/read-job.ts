import { readdirSync } from 'node:fs';
import { join } from 'node:path';
import { differingFields } from '../model/account.ts';
import { systemCode } from '../model/errors.ts';
import { refuseOtherFolders } from '../model/file-access.ts';
import { unreadable } from '../model/session-errors.ts';
import type { SessionSummary } from '../model/session-summary.ts';
import type { SessionsOptions } from '../options/options.ts';
import { accountAsSet } from '../options/validate.ts';
import { stateDirectory } from '../sessions/open-store.ts';
import { toCallerError } from '../upload/caller-error.ts';
import { type JournalHead, readJournal } from './job-journal.ts';
import { type Fields, isText } from './journal-entry.ts';

/** The first line of a job's journal. */
export interface JobHead extends JournalHead {
  readonly status: 'job';
  readonly job: string;
  readonly cwd: string;
  readonly wanted: Readonly<Record<string, unknown>>;
  readonly how: Readonly<Record<string, unknown>>;
  /** The manifest that keeps the journal, if any. */
  readonly journal: string | null;
  readonly started_at: number;
  /** When everything was done, or the job was cancelled. */
  readonly finished_at?: number;
  readonly was_cancelled?: boolean;
}

/** Where the jobs are, and what ends the reading of their journals. */
export interface JobsPlace {
  readonly stateDir?: string | undefined;
  readonly signal?: AbortSignal | undefined;
}

/** Returns the folder of the jobs. */
export function jobsFolder({ stateDir }: JobsPlace): string {
  return join(stateDirectory(stateDir), 'jobs');
}

/** @throws UploadError `manifest_unusable`, `interrupted` */
export async function readJob(
  path: string,
  signal?: AbortSignal,
  onEntry: (entry: Fields) => void = () => undefined,
): Promise<JobHead | undefined> {
  return await orInterrupted(signal, () =>
    readJournal<JobHead>(path, { isHead: isJobHead, isSaved: true, signal }, onEntry),
  );
}

export function isJobHead(value: Fields): boolean {
  const texts = [value.manifest, value.job, value.cwd, value.base_url];
  const isWanted = typeof value.wanted === 'object' && value.wanted !== null;
  return value.status === 'job' && texts.every(isText) && isWanted;
}

/** An unfinished job, as recorded in its journal. */
export interface JobSummary {
  readonly id: string;
  /** As passed to `openJob`. */
  readonly wanted: Readonly<Record<string, unknown>>;
  readonly how: Readonly<Record<string, unknown>>;
  readonly cwd: string;
  /** The manifest ids, which identify the sessions of its uploads. */
  readonly manifests: readonly string[];
  /** Unix seconds. */
  readonly startedAt: number;
  /** How many files, or pieces of them, are done. */
  readonly done: number;
  readonly baseUrl: string;
  readonly organization: string | null;
  readonly project: string | null;
  /** The fields of its account that differ from the current settings, as in `SessionSummary`. */
  readonly differsIn: SessionSummary['differsIn'];
}

/**
 * Lists the unfinished jobs, oldest first.
 * @throws UploadError `session_unreadable` if the folder cannot be read; `manifest_unusable`;
 * `interrupted`
 */
export async function listJobs(options: SessionsOptions): Promise<readonly JobSummary[]> {
  const current = accountAsSet(options);
  const jobs: JobSummary[] = [];

  for await (const { head, manifests, entries } of unfinishedJobs(options, () => 1)) {
    const { wanted, how, cwd, base_url: baseUrl, organization, project } = head;
    const account = { baseUrl, organization, project };
    const differsIn = differingFields(account, current);
    const about = { id: head.job, wanted, how, cwd, manifests, startedAt: head.started_at };
    jobs.push({ ...about, done: entries.length, ...account, differsIn });
  }

  return jobs.sort((a, b) => a.startedAt - b.startedAt);
}

/**
 * Yields the unfinished jobs with the manifest ids of their journals, and what `choose` takes of each
 * entry. A job that cannot be read is left out if `onUnreadable` does not throw its error.
 * @throws as `listJobs`
 */
export async function* unfinishedJobs<T>(
  place: JobsPlace,
  choose: (entry: Fields) => T,
  onUnreadable = (error: unknown): undefined => {
    throw error;
  },
) {
  const { signal } = place;
  const folder = jobsFolder(place);
  const names = await namesIn(folder);
  // The journals of the files that a job splits.
  const journalsOf = (id: string) =>
    names.filter((name) => jobOf(name) === id && name !== `${id}.jsonl`).map((name) => join(folder, name));

  const readUnfinished = async (name: string) => {
    const entries: T[] = [];
    const take = (entry: Fields) => void entries.push(choose(entry));
    const head = await readJob(join(folder, name), signal, take);
    if (head === undefined || head.finished_at !== undefined) return undefined;

    const manifests = [head.manifest];
    for (const journal of [...(head.journal === null ? [] : [head.journal]), ...journalsOf(head.job)]) {
      const other = await orInterrupted(signal, () =>
        readJournal(journal, { isHead: ({ manifest }) => isText(manifest), signal }, take),
      );
      if (other !== undefined) manifests.push(other.manifest);
    }
    return { head, manifests, entries };
  };

  for (const name of names.filter((each) => each === `${jobOf(each)}.jsonl`)) {
    const job = await readUnfinished(name).catch(onUnreadable);
    if (job !== undefined) yield job;
  }
}

async function orInterrupted<T>(signal: AbortSignal | undefined, action: () => Promise<T>): Promise<T> {
  try {
    return await action();
  } catch (error) {
    throw signal ? toCallerError(error, signal, {}) : error;
  }
}

/** Returns the ids of all jobs of which there is a journal. @throws UploadError `session_unreadable` */
export async function idsOfJobs(folder: string): Promise<readonly string[]> {
  return [...new Set((await namesIn(folder)).flatMap((name) => jobOf(name) ?? []))];
}

/** The id of the job that a journal belongs to: its own, or that of a file that it splits. */
export function jobOf(name: string): string | undefined {
  return /^(job_\w+)(\.\w+)?\.jsonl$/.exec(name)?.[1];
}

async function namesIn(folder: string): Promise<readonly string[]> {
  try {
    refuseOtherFolders(folder);
    return readdirSync(folder);
  } catch (cause) {
    if (systemCode(cause) === 'ENOENT') return [];
    throw unreadable(folder, cause);
  }
}
