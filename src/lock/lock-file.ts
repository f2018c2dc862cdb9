import { closeSync, constants, copyFileSync, linkSync, openSync, renameSync, writeFileSync } from 'node:fs';
import { systemCode } from '../model/errors.ts';
import { AT_ONCE, NO_LINK, patiently, removeFile } from '../model/file-access.ts';
import { isStale, type LockState, readLock } from './lock-state.ts';
import { type OwnerStamp, thisOwner } from './owner.ts';

export interface Lock {
  /** Whether it is still ours. @throws system errors */
  isHeld(): boolean;
  /**
   * Shows that this process is alive. Returns false when the lock is no longer ours; then nothing
   * more may be written.
   */
  beat(): boolean;
  release(): void;
}

type Taken = { readonly lock: Lock } | { readonly owner: OwnerStamp | null };

/**
 * Takes a lock, which is a file that only one process can create. The lock of a dead process is
 * taken over: at once when the process was on this host, otherwise after a minute without a
 * heartbeat.
 * @returns the lock, or its owner; null for an owner that the file does not name
 * @throws system errors
 */
export function takeLock(path: string): Taken {
  const mine = thisOwner();
  if (createExclusive(path, mine)) return { lock: heldLock(path, mine) };

  const held = readLock(path);
  if (held === undefined) return takeLock(path);
  if (!isStale(path, held)) return { owner: held.owner };

  return takeOver(path, mine);
}

/**
 * Removes a stale lock and takes its place. Only one process at a time may do that, under a second
 * lock. Otherwise a second process could remove the new lock of the first.
 */
function takeOver(path: string, mine: OwnerStamp): Taken {
  const guard = `${path}.takeover`;

  if (!createExclusive(guard, mine)) {
    const held = readLock(guard);
    if (held && !isStale(guard, held)) return { owner: held.owner };
    if (held) discard(guard, held);
    return takeLock(path);
  }

  try {
    const held = readLock(path);
    if (held && !isStale(path, held)) return { owner: held.owner };
    if (held) discard(path, held);

    if (createExclusive(path, mine)) return { lock: heldLock(path, mine) };
    return { owner: readLock(path)?.owner ?? null };
  } finally {
    if (readLock(guard)?.owner?.token === mine.token) removeFile(guard);
  }
}

/**
 * Removes a stale lock, and no other. The lock is renamed first, which only one process can do. It
 * is put back if it turns out to belong to a process that took over meanwhile.
 */
function discard(path: string, stale: LockState): void {
  const aside = `${path}.${thisOwner().token}`;

  try {
    patiently(() => renameSync(path, aside));
    if (readLock(aside)?.owner?.token !== stale.owner?.token) placeExclusive(aside, path);
  } catch (error) {
    // Another process has already removed it, or has created a new one.
    if (systemCode(error) !== 'ENOENT' && systemCode(error) !== 'EEXIST') throw error;
  } finally {
    removeFile(aside);
  }
}

/**
 * Removes the lock of a dead process. A file that names no owner may be the lock of another
 * program. It is left alone unless `isOurs` says that its name is one of ours: then a power cut has
 * spoiled it.
 * @throws system errors
 */
export function removeDeadLock(path: string, isOurs = false): void {
  const held = readLock(path);
  if (held === undefined || (held.owner === null && !isOurs) || !isStale(path, held)) return;

  try {
    const taken = takeLock(path);
    if ('lock' in taken) taken.lock.release();
  } catch (error) {
    // On a full disk, no other process can take it over meanwhile.
    if (!NO_SPACE.includes(systemCode(error))) throw error;
    discard(path, held);
  }
}

function heldLock(path: string, mine: OwnerStamp): Lock {
  const isOurs = () => readLock(path)?.owner?.token === mine.token;

  return {
    isHeld: isOurs,
    beat() {
      if (!isOurs()) return false;
      // Writes the same bytes, so readers see no change. The new time is by the file server's
      // clock.
      const file = openSync(path, constants.O_WRONLY | AT_ONCE | NO_LINK);
      try {
        writeFileSync(file, JSON.stringify(mine));
      } finally {
        closeSync(file);
      }
      return true;
    },
    release() {
      if (isOurs()) removeFile(path);
    },
  };
}

/**
 * Links a finished file into place: nobody ever sees a half-written lock, and creating it is atomic
 * on network file systems too.
 */
function createExclusive(path: string, owner: OwnerStamp): boolean {
  const draft = `${path}.${owner.token}`;

  try {
    writeFileSync(draft, JSON.stringify(owner), { flag: 'wx', mode: 0o600 });
    placeExclusive(draft, path);
    return true;
  } catch (error) {
    if (systemCode(error) !== 'EEXIST') throw error;

    // When the response to a link is lost, NFS tries again and finds the link in place: it is ours.
    return readLock(path)?.owner?.token === owner.token;
  } finally {
    removeFile(draft);
  }
}

const NO_SPACE: readonly unknown[] = ['ENOSPC', 'EDQUOT'];

/** What file systems without hard links report, such as FAT and some network file systems. */
const NO_LINKS: readonly unknown[] = ['EPERM', 'ENOTSUP', 'EOPNOTSUPP', 'ENOSYS', 'EISDIR'];

/** Fails with EEXIST when `to` exists. A half-written copy looks like a lock without an owner. */
function placeExclusive(from: string, to: string): void {
  try {
    linkSync(from, to);
  } catch (error) {
    if (!NO_LINKS.includes(systemCode(error))) throw error;
    copyFileSync(from, to, constants.COPYFILE_EXCL);
  }
}
