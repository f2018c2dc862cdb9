import { randomUUID } from 'node:crypto';
import {
  closeSync,
  constants,
  copyFileSync,
  linkSync,
  openSync,
  readFileSync,
  renameSync,
  rmSync,
  statSync,
  writeFileSync,
  writeSync,
} from 'node:fs';
import { systemCode } from '../model/errors.ts';
import { isAlive, type OwnerStamp, parseOwner, thisOwner } from './owner.ts';

/** How often a holder shows that it lives; missed six times, another host may take over. */
export const HEARTBEAT_MS = 10_000;
export const STALE_MS = 6 * HEARTBEAT_MS;

export interface Lock {
  /** Whether it is still ours. @throws system errors */
  isHeld(): boolean;
  /** Shows that we live. False when the lock is no longer ours: whoever has it now, we must write nothing more. */
  beat(): boolean;
  release(): void;
}

/**
 * Takes a lock, a file that only one process can make. What a dead process left behind is taken over: at once when it was
 * on this host, after a minute without a heartbeat when it was on another.
 * @returns the holder when somebody has it; null when it cannot be told who
 * @throws system errors of the file system
 */
export function takeLock(path: string): { readonly lock: Lock } | { readonly owner: OwnerStamp | null } {
  const mine = thisOwner();
  if (makeExclusive(path, mine)) return { lock: heldLock(path, mine) };
  const held = readLock(path);
  if (held === undefined) return takeLock(path);
  if (!isStale(path, held)) return { owner: held.owner };
  return takeOver(path, mine);
}

/** Only one process at a time may judge a lock stale and remove it; else the second would remove the first one's new lock. */
function takeOver(path: string, mine: OwnerStamp): ReturnType<typeof takeLock> {
  const guard = `${path}.takeover`;
  if (!makeExclusive(guard, mine)) {
    const held = readLock(guard);
    if (held && !isStale(guard, held)) return { owner: held.owner };
    if (held) discard(guard, held);
    return takeLock(path);
  }
  try {
    const held = readLock(path);
    if (held && !isStale(path, held)) return { owner: held.owner };
    if (held) discard(path, held);
    return makeExclusive(path, mine)
      ? { lock: heldLock(path, mine) }
      : { owner: readLock(path)?.owner ?? null };
  } finally {
    if (readLock(guard)?.owner?.token === mine.token) rmSync(guard, { force: true });
  }
}

/**
 * Removes a stale lock, and only that one: it is put aside first, which one process alone can do, and put back when it turns
 * out that another process had already taken over.
 */
function discard(path: string, stale: HeldLock): void {
  const aside = `${path}.${randomUUID()}`;
  try {
    renameSync(path, aside);
    if (readLock(aside)?.owner?.token !== stale.owner?.token) placeExclusive(aside, path);
  } catch (error) {
    // Gone already, or another one is there by now: either way somebody has seen to it.
    if (systemCode(error) !== 'ENOENT' && systemCode(error) !== 'EEXIST') throw error;
  } finally {
    rmSync(aside, { force: true });
  }
}

/**
 * Who has a lock at this moment; null when it cannot be told who, undefined when nobody has it. With `nowMs` it writes nothing,
 * and our own clock has to do; to act upon it, the file system's must be asked. @throws system errors
 */
export function ownerOf(path: string, nowMs?: number): OwnerStamp | null | undefined {
  const held = readLock(path);
  const now = () => nowMs ?? fileSystemNow(path);
  return held === undefined || isAbandoned(held, now) ? undefined : held.owner;
}

function heldLock(path: string, mine: OwnerStamp): Lock {
  const isOurs = () => readLock(path)?.owner?.token === mine.token;
  return {
    isHeld: isOurs,
    beat() {
      if (!isOurs()) return false;
      writeAgain(path, mine);
      return true;
    },
    release() {
      try {
        if (isOurs()) rmSync(path, { force: true });
      } catch (error) {
        // A virus scanner has it open, say. What is left is known for that of a dead process soon.
        if (!IN_USE.has(systemCode(error))) throw error;
      }
    },
  };
}

/** A link to a finished file: the lock is never seen half-written, and making it is atomic on network file systems too. */
function makeExclusive(path: string, owner: OwnerStamp): boolean {
  const draft = `${path}.${owner.token}`;
  try {
    writeFileSync(draft, JSON.stringify(owner), { flag: 'wx', mode: 0o600 });
    placeExclusive(draft, path);
    return true;
  } catch (error) {
    if (systemCode(error) !== 'EEXIST') throw error;
    // When the answer to a link is lost, NFS asks once more and finds the link there: it is ours all the same.
    return readLock(path)?.owner?.token === owner.token;
  } finally {
    rmSync(draft, { force: true });
  }
}

/** What Windows says of a file that another process has open. */
const IN_USE: ReadonlySet<string | undefined> = new Set(['EBUSY', 'EPERM', 'EACCES']);

/** What file systems without links say: FAT and some of the network. */
const NO_LINKS: ReadonlySet<string | undefined> = new Set([
  'EPERM',
  'ENOTSUP',
  'EOPNOTSUPP',
  'ENOSYS',
  'EISDIR',
]);

/** Fails with EEXIST when there is one. A copy may be seen half-written, as a lock that does not say whose it is. */
function placeExclusive(from: string, to: string): void {
  try {
    linkSync(from, to);
  } catch (error) {
    if (!NO_LINKS.has(systemCode(error))) throw error;
    copyFileSync(from, to, constants.COPYFILE_EXCL);
  }
}

/** The same bytes over themselves: no reader sees anything else, and the time is that of the machine that keeps the file. */
function writeAgain(path: string, owner: OwnerStamp): void {
  const file = openSync(path, 'r+');
  try {
    writeSync(file, JSON.stringify(owner), 0);
  } finally {
    closeSync(file);
  }
}

interface HeldLock {
  /** Null when the file does not say. */
  readonly owner: OwnerStamp | null;
  readonly beatAtMs: number;
}

function readLock(path: string): HeldLock | undefined {
  try {
    return { owner: parseOwner(readFileSync(path, 'utf8')) ?? null, beatAtMs: statSync(path).mtimeMs };
  } catch (error) {
    if (systemCode(error) === 'ENOENT') return undefined;
    throw error;
  }
}

function isStale(path: string, held: HeldLock): boolean {
  return isAbandoned(held, () => fileSystemNow(path));
}

/** Where we cannot look for the process, its last heartbeat has to tell. */
function isAbandoned({ owner, beatAtMs }: HeldLock, now: () => number): boolean {
  const alive = owner === null ? undefined : isAlive(owner);
  return alive === undefined ? now() - beatAtMs > STALE_MS : !alive;
}

/** By the clock of the machine that keeps the files: ours may differ from the other host's. */
function fileSystemNow(path: string): number {
  const probe = `${path}.${thisOwner().token}`;
  try {
    writeFileSync(probe, '', { flag: 'wx', mode: 0o600 });
    return statSync(probe).mtimeMs;
  } finally {
    rmSync(probe, { force: true });
  }
}
