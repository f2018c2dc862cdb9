import { createHash } from 'node:crypto';
import { closeSync, fsyncSync, openSync, readdirSync, rmSync } from 'node:fs';
import { dirname, join, sep } from 'node:path';
import { takeFileLock } from '../lock/acquire.ts';
import { thisOwner } from '../lock/owner.ts';
import type { Clock } from '../model/clock.ts';
import { systemCode } from '../model/errors.ts';
import { readRegularFile } from '../model/file-access.ts';
import { isWritingRefused, reading, writing } from '../model/session-errors.ts';
import { makeFolder, replaceFile, syncDirectory } from './saved-file.ts';

/** A line of a commit log: what a file holds from now on. */
export interface Line {
  /** Path relative to the state directory. */
  readonly path: string;
  readonly text: string | null;
  /** Digest of what the file held before the log; null if there was no file. */
  readonly of: string | null;
}

/** Extension of a log's file name. */
export const LOG_ENDING = '.commits';

/**
 * Rewrites what dead processes had in their logs, where the files do not have it. A file that was
 * changed by someone else since then stays as it is. Where nothing can be written, the log stays
 * for the next run: what is there can be read all the same, and nothing else can be saved.
 * @throws UploadError `session_unreadable`, `session_unwritable`
 */
export function recoverCommits(directory: string, clock: Clock): void {
  const folder = join(directory, 'jobs');
  const names = reading(folder, () => namesIn(folder).filter((each) => each.endsWith(LOG_ENDING)));

  for (const name of names) {
    try {
      recoverLog(join(folder, name), directory, clock);
    } catch (error) {
      if (!isWritingRefused(error)) throw error;
    }
  }
}

function recoverLog(log: string, directory: string, clock: Clock): void {
  const lock = takeFileLock(`${log}.lock`, clock);
  if (!('release' in lock)) return;

  try {
    writing(log, () => {
      // The log is gone if another process has just recovered it.
      recover(directory, linesOf(textOf(log) ?? ''));
      rmSync(log, { force: true });
    });
  } finally {
    void lock.release();
  }
}

function recover(directory: string, lines: readonly Line[]): void {
  const before = new Map<string, Set<string | null>>();
  const last = new Map<string, string | null>();
  for (const { path, text, of } of lines) {
    const known = before.get(path) ?? new Set([of]);
    before.set(path, known.add(digestOf(last.get(path) ?? undefined)));
    last.set(path, text);
  }

  const folders = new Set<string>();
  const { token } = thisOwner();
  for (const [name, text] of last) {
    const path = join(directory, name);
    // Our own logs never name anything outside the state directory.
    if (text === null || name.split(sep).includes('..')) continue;

    const folder = dirname(path);
    if (folder !== directory && !folders.has(folder)) makeFolder(folder);
    folders.add(folder);

    const found = textOf(path);
    const isOurs = found === undefined || !isWhole(found) || before.get(name)?.has(digestOf(found));
    if (found !== text && isOurs) replaceFile(path, text, { token, sync: fsyncSync });
    else syncFile(path);
  }

  for (const folder of folders) syncDirectory(folder);
}

function syncFile(path: string): void {
  const file = openSync(path, 'r');
  try {
    fsyncSync(file);
  } finally {
    closeSync(file);
  }
}

/** Returns all lines that were synced. Whatever a power cut left of later ones is ignored. */
function linesOf(log: string): readonly Line[] {
  const lines: Line[] = [];
  for (const text of log.split('\n')) {
    try {
      lines.push(JSON.parse(text));
    } catch {
      return lines;
    }
  }
  return lines;
}

function isWhole(text: string): boolean {
  try {
    JSON.parse(text);
    return true;
  } catch {
    return false;
  }
}

/** Returns undefined if the file does not exist. @throws system errors */
export function textOf(path: string): string | undefined {
  try {
    return readRegularFile(path);
  } catch (error) {
    if (systemCode(error) === 'ENOENT') return undefined;
    throw error;
  }
}

export function digestOf(text: string | undefined): string | null {
  return text === undefined ? null : createHash('sha256').update(text).digest('hex').slice(0, 32);
}

function namesIn(folder: string): readonly string[] {
  try {
    return readdirSync(folder).sort();
  } catch (error) {
    // If the state directory is not a directory, reading its records reports that.
    if (['ENOENT', 'ENOTDIR'].includes(systemCode(error) ?? '')) return [];
    throw error;
  }
}
