import { createHash, randomUUID } from 'node:crypto';
import { rmSync } from 'node:fs';
import { dirname, join, resolve } from 'node:path';
import type { Account } from '../model/account.ts';
import { savedUrl } from '../model/base-url.ts';
import type { TransferOptions } from '../options/options.ts';
import { openCommitLog } from '../sessions/commit-log.ts';
import { makeFolder, writeSavedFile } from '../sessions/saved-file.ts';
import { createContext } from '../upload/context.ts';
import { type Dependencies, openDependencies } from '../upload/dependencies.ts';
import { pathKey, uploadMany } from '../upload/push-many.ts';
import { refuseOtherAccount } from '../upload/read-session.ts';
import type { Uploader } from '../upload/uploader.ts';
import { openDoneFiles } from './done-files.ts';
import { endJob, unknownJob } from './end-job.ts';
import { unlockable, unwritable } from './job-journal.ts';
import { findDone, pushFile } from './push-file.ts';
import { type JobHead, jobsFolder, readJob } from './read-job.ts';

/** What a job should do. */
export interface JobRequest {
  /** What the caller wants, in its own words. The same words make the same job. */
  readonly wanted: Readonly<Record<string, unknown>>;
  /** Settings that do not change what is wanted. They are saved for later runs of the job. */
  readonly how?: Readonly<Record<string, unknown>>;
  /** The folder that paths are relative to. */
  readonly cwd: string;
  /** Keeps the journal in this file, even after the job has ended. */
  readonly manifest?: string | undefined;
  /** The manifest is for the pieces of a split file. The split locks and writes it itself. */
  readonly isForPieces?: boolean;
  /** Other processes may write to the manifest, for other shards. */
  readonly isShared?: boolean;
  /** Continues this job or fails, because it may belong to another account. */
  readonly expectedId?: string | undefined;
  /** Ignores what earlier runs have done. */
  readonly startOver?: boolean;
}

/** A push of many files that continues where an earlier run stopped. */
export interface Job {
  readonly id: string;
  /** When the same job was last finished or cancelled, in Unix seconds. It now starts over. */
  readonly finishedAt: number | undefined;
  readonly wasCancelled: boolean;
  /** Whether no earlier run has begun it, so that there is nothing to continue yet. */
  readonly isNew: boolean;
  /** Like that of an uploader. Files that earlier runs have done take no request. */
  readonly pushAll: Uploader['pushAll'];
  /** Returns the manifest for a split file. It ends with the job unless the caller named one. */
  manifestOf(path: string): string;
  /** Marks the job as done. */
  finish(): Promise<void>;
  /** Forgets the job. It is for one that could only fail again, and of which nothing was sent. */
  drop(): Promise<void>;
  close(): Promise<void>;
}

/** The longest wait for another process to write its line, which takes only a moment. */
const WRITE_WAIT_MS = 60_000;

/**
 * Opens the journal of a job, or starts a new one.
 * @throws UploadError `session_locked`, `manifest_unusable`, `manifest_mismatch`; `usage`,
 * `api_key_missing`
 */
export async function openJob(request: JobRequest, options: TransferOptions): Promise<Job> {
  const deps = await openDependencies(options);
  try {
    return await open(request, options, deps);
  } catch (error) {
    await deps.close();
    throw error;
  }
}

async function open(request: JobRequest, options: TransferOptions, deps: Dependencies): Promise<Job> {
  const { wanted, how = {}, cwd, isShared = false, expectedId } = request;
  const manifest = request.manifest && resolve(cwd, request.manifest);
  const { baseUrl, organization, project } = deps.connection;
  // The same relative paths are different files in another folder.
  const id = idOf({ wanted, cwd, baseUrl, organization, project });
  const folder = jobsFolder(options);
  const own = join(folder, `${id}.jsonl`);
  if (expectedId !== undefined && expectedId !== id) {
    const other = await readJob(join(folder, `${expectedId}.jsonl`));
    if (other !== undefined) refuseOtherAccount(expectedId, accountOfHead(other), deps.connection);
    throw unknownJob(expectedId);
  }
  const files = manifest && !request.isForPieces ? manifest : own;
  writing(folder, () => makeFolder(folder));

  const { lockWait, slot } = createContext(options, deps);
  slot.release();
  // The split locks the manifest itself, for every state directory.
  const isLocked = manifest !== undefined && request.isForPieces === true;
  const locks = isLocked ? [] : [await deps.sessions.lockFile(own, lockWait)];
  const release = async () => {
    for (const lock of locks) await lock.release();
    await deps.close();
  };

  try {
    if (files !== own && !isShared)
      locks.push(await deps.sessions.lockFile(files, lockWait).catch(unlockable(files)));
    const before = await readJob(own);
    const isContinued = before !== undefined && before.finished_at === undefined && !request.startOver;
    const head: JobHead = isContinued
      ? before
      : {
          v: 1,
          status: 'job',
          job: id,
          manifest: randomUUID(),
          cwd,
          wanted,
          how,
          journal: manifest ?? null,
          started_at: Math.floor(deps.clock.now() / 1000),
          base_url: savedUrl(baseUrl),
          organization,
          project,
        };
    const save = () => writing(own, () => writeSavedFile(own, `${JSON.stringify(head)}\n`));
    if (!isContinued && files === own) save();
    const lockWrites =
      isShared && files !== own
        ? () =>
            deps.sessions.lockFile(`${files}.write`, {
              ...lockWait,
              waitMs: WRITE_WAIT_MS,
              onWait: () => undefined,
            })
        : undefined;
    const done = await openDoneFiles(files, head, lockWrites);
    // A job whose manifest cannot be used is not saved: it could only fail again, as would `list`.
    if (!isContinued && files !== own) save();
    const log = openCommitLog(dirname(folder), deps.clock);
    const work = { head, done, cwd, options, deps };

    return {
      id,
      finishedAt: before?.finished_at,
      wasCancelled: before?.was_cancelled ?? false,
      isNew: !isContinued,
      manifestOf: (path) => manifest ?? join(folder, `${id}.${digestOf(path)}.jsonl`),
      pushAll: (items, onEnd) =>
        uploadMany({
          items,
          keyOf: ({ source }) => pathKey(source),
          ownOptions: (item) => ({ onEvent: deps.onEvent, ...item.options }),
          resultOf: (item) => findDone(item, work),
          upload: (item, own) => pushFile(item, own, work),
          whenReady: () => deps.limits.pool.whenReady(),
          signal: deps.signal,
          onEnd,
        }),
      async finish() {
        // Windows cannot replace an open file.
        await done.close();
        await endJob(own, head);
      },
      async drop() {
        await done.close();
        writing(own, () => rmSync(own, { force: true }));
      },
      async close() {
        await done.close();
        await log.close();
        await release();
      },
    };
  } catch (error) {
    await release();
    throw error;
  }
}

function idOf(asked: object): string {
  return `job_${digestOf(JSON.stringify(asked))}`;
}

function digestOf(text: string): string {
  return createHash('sha256').update(text).digest('hex').slice(0, 16);
}

function accountOfHead({ base_url: baseUrl, organization, project }: JobHead): Account {
  return { baseUrl, organization, project };
}

function writing(path: string, action: () => void): void {
  try {
    action();
  } catch (cause) {
    throw unwritable(path, cause);
  }
}
