import { hash } from 'node:crypto';
import { closeSync, constants, readdirSync, readSync } from 'node:fs';
import { dirname, join, sep } from 'node:path';
import { acquireLock, fileLockOwner, takeFileLock } from '../lock/acquire.ts';
import { removeDeadLock } from '../lock/lock-file.ts';
import { thisOwner } from '../lock/owner.ts';
import type { Clock } from '../model/clock.ts';
import { systemCode } from '../model/errors.ts';
import { openRegularFile, patiently, readFileIfThere, removeFile } from '../model/file-access.ts';
import { isWritingRefused, reading, unwritable } from '../model/session-errors.ts';
import { heedSignal } from '../model/signals.ts';
import { makeFolder, replaceFile, syncDirectory } from './saved-file.ts';
import { syncFiles } from './sync-files.ts';

/** A line of a commit log: what a file holds from now on. */
export interface Line {
  /** Path relative to the state directory. */
  readonly path: string;
  readonly text: string | null;
  /** Digest of what the file held before the log; null if there was no file. */
  readonly of: string | null;
}

/** Matches the name of a file of a log. Older versions gave no number. */
const SEGMENT = /^(?<log>.+?)(-\d{6})?\.commits$/;

/** Returns the name of a file of a log. Sorted by name, the files of one log are in their order. */
export function segmentName(token: string, number: number): string {
  return `${token}-${String(number).padStart(6, '0')}.commits`;
}

/** How long to wait for another process that is recovering. Thousands of files take a second. */
const MAX_WAIT_MS = 60_000;

/**
 * Rewrites what dead processes had in their logs, where the files do not have it. A file that was
 * changed by someone else since then stays as it is. While another process does that, this waits,
 * because what it would read may be damaged. Where nothing can be written, the log stays for the
 * next run: what is there can be read all the same, and nothing else can be saved. When the signal
 * aborts, it stays too, and so does the log of another user that this one may not read.
 * @throws UploadError `session_unreadable`, `session_unwritable`; `session_locked` when the other
 * process takes longer than a minute; the signal's reason
 */
export async function recoverCommits(
  directory: string,
  clock: Clock,
  signal: AbortSignal = new AbortController().signal,
): Promise<void> {
  const folder = join(directory, 'jobs');
  const findLeft = () => reading(folder, () => logsIn(folder).filter((log) => log.every(isLeft)));

  try {
    if (findLeft().length === 0) return;
    const take = async () => takeFileLock(join(folder, 'recovery.lock'), clock);
    const lockWait = { waitMs: MAX_WAIT_MS, signal, onWait: () => undefined };
    const lock = await acquireLock({ take, subject: folder, clock, lockWait });
    try {
      // None is left if another process has just recovered them.
      for (const log of findLeft()) await recoverLog(log, directory, signal);
    } finally {
      await lock.release();
    }
  } catch (error) {
    if (!isWritingRefused(error)) throw error;
  }
}

/** Whether the process that wrote a file of a log has ended. */
function isLeft(segment: string): boolean {
  try {
    return fileLockOwner(`${segment}.lock`) === null;
  } catch (error) {
    if (!isWritingRefused(error)) throw error;
    return false;
  }
}

/** Recovers all files of a log together, because a later one goes on from the earlier ones. */
async function recoverLog(log: Log, directory: string, signal: AbortSignal): Promise<void> {
  try {
    const paths = await recover(directory, linesOfAll(log), signal);
    await syncFiles(directory, paths, signal);
    // The oldest first, since it says nothing of what came after.
    for (const segment of log) {
      removeFile(segment);
      syncDirectory(dirname(segment));
      removeDeadLock(`${segment}.lock`);
    }
  } catch (cause) {
    signal.throwIfAborted();
    const error = unwritable(log[0], cause);
    if (!isWritingRefused(error)) throw error;
  }
}

/** Returns the paths of the files, which are not synced yet. */
async function recover(
  directory: string,
  lines: Iterable<Line>,
  signal: AbortSignal,
): Promise<readonly string[]> {
  const before = new Map<string, Set<string | null>>();
  const last = new Map<string, string | null>();
  for (const { path, text, of } of lines) {
    const known = before.get(path) ?? new Set([of]);
    before.set(path, known.add(digestOf(last.get(path) ?? undefined)));
    last.set(path, text);
  }

  const paths: string[] = [];
  const folders = new Set<string>();
  const { token } = thisOwner();
  for await (const [name, text] of heedSignal(last, signal)) {
    // Our own logs never name anything outside the state directory.
    if (text === null || name.split(sep).includes('..')) continue;

    const path = join(directory, name);
    const folder = dirname(path);
    if (folder !== directory && !folders.has(folder)) makeFolder(folder);
    folders.add(folder);

    const found = readFileIfThere(path);
    const isOurs = found === undefined || !isWhole(found) || before.get(name)?.has(digestOf(found));
    if (found !== text && isOurs) replaceFile(path, text, { token });
    paths.push(path);
  }

  return paths;
}

const BLOCK_BYTES = 64 * 1024;

function* linesOfAll(log: Log): Generator<Line> {
  for (const segment of log) yield* linesOf(segment);
}

/** Yields all lines that were synced. Whatever a power cut left of later ones is ignored. */
function* linesOf(segment: string): Generator<Line> {
  const file = patiently(() => openRegularFile(segment, constants.O_RDONLY));
  const block = Buffer.alloc(BLOCK_BYTES);
  let rest: Buffer = Buffer.alloc(0);

  try {
    for (let bytes = readSync(file, block); bytes > 0; bytes = readSync(file, block)) {
      rest = Buffer.concat([rest, block.subarray(0, bytes)]);
      let start = 0;
      for (let end = rest.indexOf('\n'); end >= 0; end = rest.indexOf('\n', start)) {
        const line: unknown = JSON.parse(rest.toString('utf8', start, end));
        if (!isLine(line)) return;
        yield line;
        start = end + 1;
      }
      rest = rest.subarray(start);
    }
  } catch (error) {
    if (!(error instanceof SyntaxError)) throw error;
  } finally {
    closeSync(file);
  }
}

function isLine(value: unknown): value is Line {
  const { path, text } = (value ?? {}) as Partial<Line>;
  return typeof path === 'string' && (typeof text === 'string' || text === null);
}

function isWhole(text: string): boolean {
  try {
    JSON.parse(text);
    return true;
  } catch {
    return false;
  }
}

export function digestOf(text: string | undefined): string | null {
  return text === undefined ? null : hash('sha256', text).slice(0, 32);
}

/** The paths of its files, the oldest first. */
type Log = readonly [string, ...string[]];

function logsIn(folder: string): readonly Log[] {
  try {
    const logs = new Map<string, Log>();
    for (const name of readdirSync(folder).sort()) {
      const { log } = SEGMENT.exec(name)?.groups ?? {};
      if (log === undefined) continue;
      const before = logs.get(log);
      const path = join(folder, name);
      logs.set(log, before ? [...before, path] : [path]);
    }
    return [...logs.values()];
  } catch (error) {
    // If the state directory is not a directory, reading its records reports that.
    if (['ENOENT', 'ENOTDIR'].includes(systemCode(error) ?? '')) return [];
    throw error;
  }
}
