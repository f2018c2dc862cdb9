import { createHash, randomUUID } from 'node:crypto';
import { dirname, join, resolve } from 'node:path';
import type { Account } from '../model/account.ts';
import type { TransferOptions } from '../options/options.ts';
import { openCommitLog } from '../sessions/commit-log.ts';
import { makeFolder, writeSavedFile } from '../sessions/saved-file.ts';
import { createContext } from '../upload/context.ts';
import { createDependencies, type Dependencies } from '../upload/dependencies.ts';
import { pathKey, uploadMany } from '../upload/push-many.ts';
import { refuseOtherAccount } from '../upload/read-session.ts';
import type { Uploader } from '../upload/uploader.ts';
import { endJob, unknownJob } from './end-job.ts';
import { unwritable } from './job-journal.ts';
import { pushFile } from './push-file.ts';
import { type JobHead, jobsFolder, openDoneFiles, readJob } from './read-job.ts';

/** What a job is to do. */
export interface JobRequest {
  /** What is wanted, in the words of the caller. The same words are the same job. */
  readonly wanted: Readonly<Record<string, unknown>>;
  /** What makes no difference to what is wanted. It is kept for whoever continues the job. */
  readonly how?: Readonly<Record<string, unknown>>;
  /** The folder that the paths are relative to. */
  readonly cwd: string;
  /** Keeps the journal there, beyond the end of the job. */
  readonly manifest?: string | undefined;
  /** The manifest is for the pieces of a file that is split, who lock and write it themselves. */
  readonly isForPieces?: boolean;
  /** Other processes may write to the manifest, for other shards. */
  readonly isShared?: boolean;
  /** Go on with this job, or fail: it may be of another account. */
  readonly expectedId?: string | undefined;
  /** Forget what an earlier run has done. */
  readonly startOver?: boolean;
}

/** A push of many files that goes on where an earlier run of it has stopped. */
export interface Job {
  readonly id: string;
  /** When the same job was finished or cancelled before, in Unix seconds; now it starts over. */
  readonly finishedAt: number | undefined;
  readonly wasCancelled: boolean;
  /** As of an uploader. What an earlier run has done makes no request. */
  readonly pushAll: Uploader['pushAll'];
  /** The manifest for a file that is split. Unless one was named, it ends with the job. */
  manifestOf(path: string): string;
  /** Says that all is done. */
  finish(): Promise<void>;
  close(): Promise<void>;
}

/** A line is written in a moment. */
const WRITE_WAIT_MS = 60_000;

/**
 * Opens the journal of a job, or begins one.
 * @throws UploadError `session_locked`, `manifest_unusable`, `manifest_mismatch`; `usage`,
 * `api_key_missing`
 */
export async function openJob(request: JobRequest, options: TransferOptions): Promise<Job> {
  const deps = createDependencies(options);
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
  // The same relative paths are other files in another folder.
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
  // The pieces of a split lock the manifest themselves, for every state directory.
  const isLocked = manifest !== undefined && request.isForPieces === true;
  const locks = isLocked ? [] : [await deps.sessions.lockFile(own, lockWait)];
  const release = async () => {
    for (const lock of locks) await lock.release();
    await deps.close();
  };

  try {
    if (files !== own && !isShared) locks.push(await deps.sessions.lockFile(files, lockWait));
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
          base_url: baseUrl,
          organization,
          project,
        };
    if (!isContinued) writing(own, () => writeSavedFile(own, `${JSON.stringify(head)}\n`));
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
    const log = openCommitLog(dirname(folder), deps.clock);
    const work = { head, done, cwd, options, deps };

    return {
      id,
      finishedAt: before?.finished_at,
      wasCancelled: before?.was_cancelled ?? false,
      manifestOf: (path) => manifest ?? join(folder, `${id}.${digestOf(path)}.jsonl`),
      pushAll: (items, onEnd) =>
        uploadMany({
          items,
          keyOf: ({ source }) => pathKey(source),
          ownOptions: (item) => ({ onEvent: deps.onEvent, ...item.options }),
          upload: (item, own) => pushFile(item, own, work),
          whenReady: () => deps.limits.pool.whenReady(),
          signal: deps.signal,
          onEnd,
        }),
      async finish() {
        // Windows replaces no file that is open.
        await done.close();
        await endJob(own, head);
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
