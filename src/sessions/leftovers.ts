import { existsSync, lstatSync, readdirSync, realpathSync } from 'node:fs';
import { join } from 'node:path';
import { takeFileLock } from '../lock/acquire.ts';
import { removeDeadLock } from '../lock/lock-file.ts';
import { isLeftBehind, isMomentary } from '../lock/lock-state.ts';
import type { Clock } from '../model/clock.ts';
import { systemCode, type UploadError } from '../model/errors.ts';
import { assertKind, refuseOtherFolders, removeFile, WRONG_KIND } from '../model/file-access.ts';
import { unwritable } from '../model/session-errors.ts';
import { recoverCommits } from './recover-commits.ts';

/**
 * Returns the files in a folder that are ours by name, kind and owner. Returns none if the folder
 * does not exist.
 * @throws system errors, also if the folder is a link, since it may then belong to another user
 */
export function ownFilesIn(folder: string, isName: (name: string) => boolean): readonly string[] {
  try {
    const own = lstatSync(folder);
    assertKind('a directory', own);
    // A network file system may know this user by another number, the one that owns the folder.
    const owners = [own.uid, process.geteuid?.()];

    return readdirSync(folder).filter((name) => {
      if (!isName(name)) return false;
      const found = lstatSync(join(folder, name), { throwIfNoEntry: false });
      return found?.isFile() && owners.includes(found.uid);
    });
  } catch (error) {
    if (systemCode(error) === 'ENOENT') return [];
    throw error;
  }
}

/** Spools are missing because they have their own sweep. */
const FOLDERS = ['', 'ledger', 'links', 'sources', 'jobs'];
const LOCK = /\.lock(\.takeover)?(\.[0-9a-f-]+)?$/;
/** Locks in these folders whose name nobody else would give. */
const OWN_LOCK =
  /^((upload_|source-|content-)[\w%-]+|ledger\/[0-9a-f]+|jobs\/(job_\w+(\.\w+)?\.jsonl|[0-9a-f-]+\.commits))\.lock(\.takeover)?$/;

/** The index has a folder for each beginning of a subject. An entry names a subject and a record. */
const BUCKET = /^[0-9a-f]{2}$/;
const ENTRY = /^[0-9a-f]{30}\.(?<record>.+)$/;

/**
 * Deletes what dead processes have left in a state directory: their locks, temporary files that were
 * never renamed, and entries of the index whose records were never written.
 * @returns the errors for files that could not be deleted
 */
export async function sweepLeftovers(directory: string, clock: Clock): Promise<readonly UploadError[]> {
  const failed: UploadError[] = [];
  const attempt = async (path: string, action: () => unknown) => {
    try {
      await action();
    } catch (cause) {
      // Leave a folder alone that the user has moved elsewhere. A file that is gone is no failure.
      if (![WRONG_KIND, 'ENOENT'].includes(systemCode(cause) ?? '')) failed.push(unwritable(path, cause));
    }
  };

  for (const folder of FOLDERS)
    await attempt(join(directory, folder), async () => {
      const place = join(realpathSync(directory), folder);

      for (const name of ownFilesIn(place, (each) => LOCK.test(each) || isMomentary(each))) {
        const path = join(place, name);
        await attempt(path, () => {
          if (!isMomentary(name))
            removeDeadLock(path, OWN_LOCK.test(folder === '' ? name : `${folder}/${name}`));
          else if (isLeftBehind(path)) removeFile(path);
        });
      }
    });

  const index = join(directory, 'sources');
  await attempt(index, async () => {
    refuseOtherFolders(index);
    const names = new Set(readdirSync(directory));
    const isAlone = (entry: string) => ENTRY.test(entry) && !names.has(`${recordOf(entry)}.json`);

    for (const bucket of readdirSync(index).filter((name) => BUCKET.test(name)))
      for (const entry of ownFilesIn(join(index, bucket), isAlone)) {
        const path = join(index, bucket, entry);
        await attempt(path, () => removeUnlessCreated(path, join(directory, recordOf(entry)), clock));
      }
  });

  return failed;
}

function recordOf(entry: string): string {
  return ENTRY.exec(entry)?.groups?.record ?? '';
}

/** A process locks the record before it adds an entry for it. */
async function removeUnlessCreated(entry: string, record: string, clock: Clock): Promise<void> {
  const lock = takeFileLock(`${record}.lock`, clock);
  if (!('release' in lock)) return;

  try {
    if (!existsSync(`${record}.json`)) removeFile(entry);
  } finally {
    await lock.release();
  }
}

/**
 * Like `takeFileLock`, in a state directory. Taking over the lock of a dead process also sweeps
 * what dead processes have left.
 * @throws UploadError `session_unwritable`; the signal's reason
 */
export async function takeStateLock(path: string, directory: string, clock: Clock, signal?: AbortSignal) {
  const mayBeLeft = existsSync(path);
  const taken = takeFileLock(path, clock);
  if (!mayBeLeft || !('release' in taken)) return taken;

  try {
    await recoverCommits(directory, clock, signal);
  } catch (error) {
    await taken.release();
    throw error;
  }
  await sweepLeftovers(directory, clock);
  return taken;
}
