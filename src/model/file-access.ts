import {
  closeSync,
  constants,
  fstatSync,
  lstatSync,
  openSync,
  readFileSync,
  type StatsBase,
  statSync,
  unlinkSync,
} from 'node:fs';
import { type FileHandle, open } from 'node:fs/promises';
import { dirname } from 'node:path';
import { systemCode } from './errors.ts';

/**
 * `AT_ONCE`: opening a pipe does not wait for its other end. `NO_LINK`: opening a symbolic
 * link fails. Windows has neither.
 */
export const { O_NONBLOCK: AT_ONCE = 0, O_NOFOLLOW: NO_LINK = 0 } = constants;

/** The code of the error for a path that leads to something of the wrong kind. */
export const WRONG_KIND = 'EFTYPE';

type AnyStats = StatsBase<number> | StatsBase<bigint>;

/** Names what is at a path, for messages. */
export function kindOf(found: AnyStats): string {
  if (found.isFile()) return 'a file';
  if (found.isDirectory()) return 'a directory';
  if (found.isSymbolicLink()) return 'a link';
  if (found.isFIFO()) return 'a pipe';
  return found.isSocket() ? 'a socket' : 'a device';
}

/** @throws an error with the code `WRONG_KIND` */
export function assertKind(wanted: 'a file' | 'a directory', found: AnyStats): void {
  const kind = kindOf(found);
  if (kind !== wanted) throw Object.assign(new Error(`it is ${kind}, not ${wanted}`), { code: WRONG_KIND });
}

/**
 * For folders in a state directory: what is written and deleted through a link is somebody else's.
 * @throws an error with the code `WRONG_KIND` when something else is there
 */
export function refuseOtherFolders(...folders: readonly string[]): void {
  for (const folder of folders) {
    const found = lstatSync(folder, { throwIfNoEntry: false });
    if (found) assertKind('a directory', found);
  }
}

export function isNullDevice(found: StatsBase<number>): boolean {
  return found.isCharacterDevice() && found.rdev === statSync('/dev/null', { throwIfNoEntry: false })?.rdev;
}

interface Opening {
  /** Where a link that the user has made is as good as the file. */
  readonly followLinks?: boolean;
  /** Whether we have saved it, so that a file of another user is not the one. */
  readonly isSaved?: boolean;
}

/**
 * Opens a file that somebody else may have put there, without waiting for the other end of a pipe.
 * One that is created has the mode 0600.
 * @throws system errors; one with the code `WRONG_KIND`
 */
export function openRegularFile(path: string, flags: number, opening: Opening = {}): number {
  const { followLinks = false, isSaved = false } = opening;
  const file = openSync(path, flags | AT_ONCE | (followLinks ? 0 : NO_LINK), 0o600);

  try {
    const found = fstatSync(file);
    assertKind('a file', found);
    if (isSaved) assertOwner(found, path);
    return file;
  } catch (error) {
    closeSync(file);
    throw error;
  }
}

/** Asked only once: for 100,000 records the system call takes a tenth of the time. */
const user = process.geteuid?.();

/** Over a network, the system may know this user by another number, as it knows the folder's owner. */
export function assertOwner({ uid }: StatsBase<number>, path: string): void {
  if (uid === user || uid === 0 || statSync(dirname(path)).uid === uid) return;
  throw Object.assign(new Error('it belongs to another user'), { code: WRONG_KIND });
}

/**
 * Reads a file that another user or program may have put there. Pipes and devices are not opened,
 * because reading them may never end. `/dev/null` counts as an empty file.
 * @throws as `openRegularFile`
 */
export function readRegularFile(path: string, opening: Opening = {}): string {
  const look = opening.followLinks ? statSync : lstatSync;
  return patiently(() => readFound(path, look(path), opening));
}

/**
 * Like `readRegularFile`, for a file that is often not there: undefined costs a tenth of an error.
 * @throws as `openRegularFile`
 */
export function readFileIfThere(path: string, opening: Pick<Opening, 'isSaved'> = {}): string | undefined {
  try {
    return patiently(() => {
      const found = lstatSync(path, { throwIfNoEntry: false });
      if (found === undefined) assertNotBelowFile(path);
      return found && readFound(path, found, opening);
    });
  } catch (error) {
    // It was deleted just now.
    if (systemCode(error) === 'ENOENT') return undefined;
    throw error;
  }
}

/** Where the folder of a path is a file, Windows reports no more than that the path is not there. */
function assertNotBelowFile(path: string): void {
  if (process.platform !== 'win32') return;
  const folder = lstatSync(dirname(path), { throwIfNoEntry: false });
  if (!folder?.isFile()) return;

  throw Object.assign(new Error(`ENOTDIR: not a directory, open '${path}'`), { code: 'ENOTDIR' });
}

/** Several times what a record with the most parts has. To read more would take all the memory. */
const MAX_BYTES = 64 * 1024 * 1024;

function readFound(path: string, found: StatsBase<number>, opening: Opening): string {
  if (isNullDevice(found)) return '';
  assertKind('a file', found);
  if (found.size > MAX_BYTES)
    throw Object.assign(new Error(`it is too large, ${found.size} bytes`), { code: WRONG_KIND });

  // The path may lead to something else by now.
  const file = openRegularFile(path, constants.O_RDONLY, opening);
  try {
    return readFileSync(file, 'utf8');
  } finally {
    closeSync(file);
  }
}

/** What Windows reports for a file that another process has open. */
const IN_USE: readonly unknown[] = ['EBUSY', 'EPERM', 'EACCES'];

/** How often to try while another program has the file open, and how long to wait in between. */
const TRIES = 50;
const WAIT_MS = 20;

/**
 * Runs an action on a file that another program, such as a virus scanner, may have open. Windows
 * refuses the action until that program is done.
 * @throws what `action` throws
 */
export function patiently<T>(action: () => T, platform: NodeJS.Platform = process.platform): T {
  for (let tries = 1; ; tries += 1) {
    try {
      return action();
    } catch (error) {
      const mayPass = platform === 'win32' && IN_USE.includes(systemCode(error));
      if (!mayPass || tries === TRIES) throw error;
    }

    Atomics.wait(new Int32Array(new SharedArrayBuffer(4)), 0, 0, WAIT_MS);
  }
}

/** Opens a file, in the background, that another program may have open. @throws system errors */
export async function openPatiently(path: string, flags: number): Promise<FileHandle> {
  const opened = () => open(path, flags, 0o600);
  return await opened().catch(() => {
    // Fails with the same error if it is another one.
    patiently(() => closeSync(openSync(path, flags, 0o600)));
    return opened();
  });
}

/** Removes a file, if it is there, that another program may have open. @throws system errors */
export function removeFile(path: string): void {
  try {
    // `rmSync` looks at the path twice first.
    patiently(() => unlinkSync(path));
  } catch (error) {
    if (systemCode(error) !== 'ENOENT') throw error;
  }
}
