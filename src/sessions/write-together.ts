import { closeSync, openSync, renameSync } from 'node:fs';
import { dirname } from 'node:path';
import { thisOwner } from '../lock/owner.ts';
import { patiently, removeFile } from '../model/file-access.ts';
import { commitLogOf } from './commit-log.ts';
import { fillDraft, refuseIntolerable, sync } from './saved-file.ts';

/**
 * Like `writeSavedFile`, for many files at a time. Nothing else waits while the disk works, and
 * writes to the same directory meanwhile share its next sync. If the state directory has a log,
 * only the log is synced.
 * @throws like `writeSavedFile`
 */
export async function writeSavedFileTogether(path: string, text: string, directory: string): Promise<void> {
  const log = commitLogOf(directory);
  if (log !== undefined) return await log.write(path, text);
  const draft = `${path}.${thisOwner().token}`;

  try {
    await writeDraftTogether(draft, text, path);
    patiently(() => renameSync(draft, path));
  } catch (error) {
    removeFile(draft);
    throw error;
  }

  await syncTogether(dirname(path));
}

async function writeDraftTogether(draft: string, text: string, path: string): Promise<void> {
  const file = openSync(draft, 'wx', 0o600);

  try {
    fillDraft(file, text, path);
    await sync(file);
  } finally {
    closeSync(file);
  }
}

/** The last sync of each directory that a caller still waits for. */
const syncing = new Map<string, { readonly done: Promise<void>; hasBegun: boolean }>();

/** Like `syncDirectory`, with one sync for all calls made while the previous sync runs. */
export function syncTogether(directory: string): Promise<void> {
  const before = syncing.get(directory);
  if (before?.hasBegun === false) return before.done;

  const next = { hasBegun: false, done: (before?.done ?? Promise.resolve()).then(run, run) };
  syncing.set(directory, next);
  return next.done;

  async function run(): Promise<void> {
    next.hasBegun = true;
    let file: number | undefined;

    try {
      file = openSync(directory, 'r');
      await sync(file);
    } catch (error) {
      refuseIntolerable(error);
    } finally {
      if (file !== undefined) closeSync(file);
      if (syncing.get(directory) === next) syncing.delete(directory);
    }
  }
}
