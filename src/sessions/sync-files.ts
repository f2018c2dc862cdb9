import { closeSync, existsSync, openSync } from 'node:fs';
import { dirname, join, resolve } from 'node:path';
import { promisify } from 'node:util';
import { patiently } from '../model/file-access.ts';
import { sync, syncDirectory } from './saved-file.ts';

/** Syncing at least this many files together is worth starting a process. */
const MIN_TOGETHER = 100;
/** How many files are open and synced at a time. */
const AT_ONCE = 16;

/**
 * Syncs files of a state directory and the folders they are in. A file that does not exist counts
 * as deleted.
 * @throws system errors; the signal's reason
 */
export async function syncFiles(
  directory: string,
  paths: readonly string[],
  signal?: AbortSignal,
): Promise<void> {
  if (paths.length >= MIN_TOGETHER && (await syncFileSystem(directory, signal))) return;

  const files = paths.filter((path) => existsSync(path));
  for (let start = 0; start < files.length; start += AT_ONCE) {
    signal?.throwIfAborted();
    await Promise.all(files.slice(start, start + AT_ONCE).map(syncFile));
  }
  // A folder may be as new as the files in it.
  const folders = new Set(paths.map((path) => dirname(resolve(path))));
  for (const folder of folders) if (folder !== resolve(directory)) folders.add(dirname(folder));
  for (const folder of folders) syncDirectory(folder);
}

async function syncFile(path: string): Promise<void> {
  // Windows refuses to sync a file that was opened only to read it.
  const file = patiently(() => openSync(path, 'r+'));
  await sync(file).finally(() => closeSync(file));
}

/**
 * Syncs thousands of files with one system call, which Node does not offer.
 * @returns false if no program for it exists, or if it failed
 */
async function syncFileSystem(directory: string, signal: AbortSignal | undefined): Promise<boolean> {
  if (process.platform !== 'linux') return false;
  // Each folder may be a link to another file system.
  const folders = [directory, join(directory, 'ledger'), join(directory, 'sources')].filter(existsSync);
  // Loaded here, because it takes a while and few runs sync this much.
  const { execFile } = await import('node:child_process');
  return await promisify(execFile)('/bin/sync', ['-f', ...folders], { signal }).then(
    () => true,
    () => false,
  );
}
