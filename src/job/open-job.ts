import { hash, randomUUID } from 'node:crypto';
import { dirname, join, resolve } from 'node:path';
import type { Account } from '../model/account.ts';
import { savedUrl } from '../model/base-url.ts';
import { removeFile } from '../model/file-access.ts';
import type { TransferOptions } from '../options/options.ts';
import { openCommitLog } from '../sessions/commit-log.ts';
import { makeFolder, writeSavedFile } from '../sessions/saved-file.ts';
import { toCallerError } from '../upload/caller-error.ts';
import { createContext } from '../upload/context.ts';
import { type Dependencies, openDependencies } from '../upload/dependencies.ts';
import { pathKey, uploadMany } from '../upload/push-many.ts';
import { refuseOtherAccount } from '../upload/read-session.ts';
import { openDoneFiles } from './done-files.ts';
import { dropPieceJournals, endJob, unknownJob } from './end-job.ts';
import type { Job, JobRequest } from './job.ts';
import { unlockable, unwritable } from './job-journal.ts';
import { findDone, pushFile } from './push-file.ts';
import { type JobHead, jobsFolder, readJob } from './read-job.ts';

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
    return await openJobWith(request, options, deps);
  } catch (error) {
    await deps.close();
    // Also while it waits for a lock.
    throw toCallerError(error, deps.signal, {});
  }
}

/** Does the same with dependencies of the caller's. The job closes them. @throws like `openJob` */
export async function openJobWith(
  request: JobRequest,
  options: TransferOptions,
  deps: Dependencies,
): Promise<Job> {
  const { wanted, how = {}, cwd, isShared = false, expectedId } = request;
  const manifest = request.manifest && resolve(cwd, request.manifest);
  const { baseUrl, organization, project } = deps.connection;
  // The same relative paths are different files in another folder.
  const id = idOf({ wanted, cwd, baseUrl, organization, project });
  const folder = jobsFolder(options);
  const own = join(folder, `${id}.jsonl`);
  if (expectedId !== undefined && expectedId !== id) {
    const other = await readJob(join(folder, `${expectedId}.jsonl`), deps.signal);
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
    const before = await readJob(own, deps.signal);
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
    const save = () =>
      writing(own, () => {
        // A run that was killed as it ended the same job may have left them.
        dropPieceJournals(folder, id);
        writeSavedFile(own, `${JSON.stringify(head)}\n`);
      });
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
    const done = await openDoneFiles(files, head, { signal: deps.signal, lock: lockWrites });
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
        writing(own, () => removeFile(own));
      },
      async close() {
        await done.close();
        await log.close();
        await release();
      },
    };
  } catch (error) {
    await release();
    throw toCallerError(error, deps.signal, {});
  }
}

function idOf(asked: object): string {
  return `job_${digestOf(JSON.stringify(asked))}`;
}

function digestOf(text: string): string {
  return hash('sha256', text).slice(0, 16);
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
