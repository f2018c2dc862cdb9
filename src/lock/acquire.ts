import type { Clock } from '../model/clock.ts';
import { UploadError } from '../model/errors.ts';
import { hint, option } from '../model/hint.ts';
import type { LockOwner } from '../model/session.ts';
import type { StateLock } from '../model/state-store.ts';

/** How long to wait for somebody else to finish, and what may end the wait. */
export interface LockWait {
  readonly waitMs: number;
  readonly signal: AbortSignal;
  /** Called once, when the wait begins. */
  readonly onWait: (owner: string) => void;
}

/** Waits for nobody. */
export const NO_WAIT: LockWait = {
  waitMs: 0,
  signal: new AbortController().signal,
  onWait: () => undefined,
};

/** What this process alone may work on until it is released. */
export interface HeldLock {
  /** @throws UploadError `session_locked` when another process has taken the lock over, after a long suspend for instance */
  assertHeld(): Promise<void>;
  release(): Promise<void>;
}

export interface AcquireOptions {
  /** Takes the lock, or tells who has it. */
  readonly take: () => Promise<StateLock | LockOwner>;
  /** What is claimed, for messages. */
  readonly subject: string;
  readonly clock: Clock;
  readonly lockWait: LockWait;
}

/** Often enough not to be noticed by a person, seldom enough to cost nothing. */
const POLL_MS = 250;

/**
 * Claims what only one process may work on.
 * @throws UploadError `session_locked` when somebody has it for longer than we wait; what `take` throws; the signal's reason
 */
export async function acquireLock({ take, subject, clock, lockWait }: AcquireOptions): Promise<HeldLock> {
  const until = clock.monotonic() + lockWait.waitMs;
  for (let isFirst = true; ; isFirst = false) {
    const taken = await take();
    if ('release' in taken) return heldLock(taken, subject);
    const left = until - clock.monotonic();
    if (left <= 0) throw locked(subject, taken);
    if (isFirst) lockWait.onWait(nameOf(taken));
    await clock.sleep(Math.min(POLL_MS, left), lockWait.signal);
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
        // Taken over from us as from any process that has ended; what the work came to is what counts.
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
  return new UploadError('session_locked', { message, hint: 'See that there is none, and run it again.' });
}

function nameOf({ pid, host }: LockOwner): string {
  return pid === null || host === null ? 'another process' : `process ${pid} on ${host}`;
}
