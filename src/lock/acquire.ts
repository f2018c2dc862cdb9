import type { Clock } from '../model/clock.ts';
import { UploadError } from '../model/errors.ts';
import { hint, option } from '../model/hint.ts';
import { isDiskFull, reading, writing } from '../model/session-errors.ts';
import type { LockOwner, StateLock } from '../model/state-store.ts';
import { type Lock, takeLock } from './lock-file.ts';
import { HEARTBEAT_MS, ownerOf, STALE_MS } from './lock-state.ts';
import type { OwnerStamp } from './owner.ts';

/** How long to wait for another process to finish, and what ends the wait. */
export interface LockWait {
  readonly waitMs: number;
  readonly signal: AbortSignal;
  /** Called once, when the wait begins. */
  readonly onWait: (owner: string) => void;
}

/** Does not wait. */
export const NO_WAIT: LockWait = {
  waitMs: 0,
  signal: new AbortController().signal,
  onWait: () => undefined,
};

/** A lock that this process holds until it releases it. */
export interface HeldLock {
  /**
   * @throws UploadError `session_locked` when another process took it over, for example after a
   * long suspend
   */
  assertHeld(): Promise<void>;
  release(): Promise<void>;
}

export interface AcquireOptions {
  /** Tries once to take the lock. Returns its owner when it is taken. */
  readonly take: () => Promise<StateLock | LockOwner>;
  /** What is locked, for messages. */
  readonly subject: string;
  readonly clock: Clock;
  readonly lockWait: LockWait;
}

/** Too short for a person to notice, long enough to cost nothing. */
const POLL_MS = 250;

/**
 * Acquires a lock, and waits for it as long as `lockWait` allows.
 * @throws UploadError `session_locked` when another process keeps it longer than that; what `take`
 * throws; the signal's reason
 */
export async function acquireLock({ take, subject, clock, lockWait }: AcquireOptions): Promise<HeldLock> {
  const until = clock.monotonic() + lockWait.waitMs;

  for (let isFirst = true; ; isFirst = false) {
    const taken = await take();
    if ('release' in taken) return heldLock(taken, subject);

    const leftMs = until - clock.monotonic();
    if (leftMs <= 0) throw locked(subject, taken);

    if (isFirst) lockWait.onWait(nameOf(taken));
    await clock.sleep(Math.min(POLL_MS, leftMs), lockWait.signal);
  }
}

/**
 * As `acquireLock` without a wait, to delete what is locked. On a full disk nobody can take a lock,
 * and only deleting makes room: there, it is enough that nobody has one.
 * @param options `owner` says who has it
 */
export async function acquireToDelete(
  options: Omit<AcquireOptions, 'lockWait'> & { readonly owner: () => Promise<LockOwner | null> },
): Promise<HeldLock> {
  try {
    return await acquireLock({ ...options, lockWait: NO_WAIT });
  } catch (error) {
    if (!isDiskFull(error) || (await options.owner()) !== null) throw error;
    return { assertHeld: async () => undefined, release: async () => undefined };
  }
}

/**
 * Takes a lock file and keeps it alive until it is released, or returns its owner.
 * @throws UploadError `session_unwritable`
 */
export function takeFileLock(path: string, clock: Clock): StateLock | LockOwner {
  const taken = writing(path, () => takeLock(path));
  return 'lock' in taken ? keepAlive(path, taken.lock, clock) : shownOwner(taken.owner);
}

/**
 * The current owner of a lock file; null when there is none. `nowMs`: see `ownerOf`.
 * @throws UploadError `session_unreadable`
 */
export function fileLockOwner(path: string, nowMs?: number): LockOwner | null {
  const owner = reading(path, () => ownerOf(path, nowMs));
  return owner === undefined ? null : shownOwner(owner);
}

function keepAlive(path: string, lock: Lock, clock: Clock): StateLock {
  const released = new AbortController();
  let isLost = false;

  const keep = async () => {
    let touchedAt = clock.uptime();

    while (!isLost) {
      await clock.sleep(HEARTBEAT_MS, released.signal);
      const isOurs = touch(lock);
      if (isOurs) touchedAt = clock.uptime();
      isLost = isOurs === false || clock.uptime() - touchedAt > STALE_MS;
    }
  };

  // Ends when `released` aborts, which rejects the sleep.
  keep().catch(() => undefined);

  return {
    isHeld: async () => !isLost && writing(path, () => lock.isHeld()),
    async release() {
      // Without a reason, an exception with a stack would be made for each lock.
      released.abort('released');
      lock.release();
    },
  };
}

/**
 * Returns undefined when a passing failure of the file system hides whether the lock is ours. The
 * next touch will show it.
 */
function touch(lock: Lock): boolean | undefined {
  try {
    return lock.beat();
  } catch {
    return undefined;
  }
}

function heldLock(lock: StateLock, subject: string): HeldLock {
  return {
    async assertHeld() {
      if (!(await lock.isHeld())) throw lost(subject);
    },
    async release() {
      try {
        await lock.release();
      } catch {
        // The work is done, and its result is what counts. Another process can take the lock over
        // as soon as this one has ended.
      }
    },
  };
}

function locked(subject: string, owner: LockOwner): UploadError {
  const message = `${nameOf(owner)} is working on ${subject}`;
  return new UploadError('session_locked', {
    message,
    hint: hint`Let it finish, or wait for it with ${option('waitLockMs', 600_000)}.`,
    isRetryable: true,
  });
}

function lost(subject: string): UploadError {
  const message = `the lock on ${subject} is gone, so another process may be working on it`;
  return new UploadError('session_locked', {
    message,
    hint: 'Make sure that no other process is working on it, then run this again.',
  });
}

function nameOf({ pid, host }: LockOwner): string {
  return pid === null || host === null ? 'another process' : `process ${pid} on ${host}`;
}

function shownOwner(owner: OwnerStamp | null): LockOwner {
  return { pid: owner?.pid ?? null, host: owner?.host.split(' ')[0] ?? null };
}
