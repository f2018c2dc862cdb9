import {
  closeSync,
  constants,
  fstatSync,
  lstatSync,
  openSync,
  readFileSync,
  type StatsBase,
  statSync,
} from 'node:fs';
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

export function isNullDevice(found: StatsBase<number>): boolean {
  return found.isCharacterDevice() && found.rdev === statSync('/dev/null', { throwIfNoEntry: false })?.rdev;
}

/**
 * Reads a file that another user or program may have put there. Pipes and devices are not opened,
 * because reading them may never end. `/dev/null` counts as an empty file.
 * @param options `followLinks`: accept a link, which the user may have made on purpose
 * @throws system errors, and an error with the code `WRONG_KIND`
 */
export function readRegularFile(path: string, { followLinks = false } = {}): string {
  const found = followLinks ? statSync(path) : lstatSync(path);
  if (isNullDevice(found)) return '';
  assertKind('a file', found);

  // The path may lead to something else by now.
  const file = openSync(path, constants.O_RDONLY | AT_ONCE | (followLinks ? 0 : NO_LINK));
  try {
    assertKind('a file', fstatSync(file));
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
