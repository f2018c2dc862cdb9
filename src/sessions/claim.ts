import type { Clock } from '../model/clock.ts';
import { UploadError } from '../model/errors.ts';
import type { Holder } from './holder.ts';
import { HEARTBEAT_MS, type Lock, STALE_MS, takeLock } from './lock.ts';
import { unwritable } from './record-errors.ts';

/** How long to wait for somebody else to finish, and what may end the wait. */
export interface Patience {
  readonly waitMs: number;
  readonly signal: AbortSignal;
  /** Called once, when the wait begins. */
  readonly onWait: (holder: string) => void;
}

/** A lock that is kept alive until it is released. */
export interface Claim {
  /** @throws UploadError `session_locked` when another process has taken the lock over, after a long suspend for instance */
  assertHeld(): void;
  release(): void;
}

/** Often enough not to be noticed by a person, seldom enough to cost nothing. */
const POLL_MS = 250;

/**
 * Claims what only one process may work on.
 * @throws UploadError `session_locked` when somebody has it for longer than we wait, `session_unwritable`; the signal's reason
 */
export async function claim(path: string, subject: string, clock: Clock, patience: Patience): Promise<Claim> {
  const until = clock.monotonic() + patience.waitMs;
  for (let isFirst = true; ; isFirst = false) {
    const taken = take(path);
    if ('lock' in taken) return keepAlive(taken.lock, subject, clock);
    const left = until - clock.monotonic();
    if (left <= 0) throw locked(subject, taken.holder);
    if (isFirst) patience.onWait(nameOf(taken.holder));
    await clock.sleep(Math.min(POLL_MS, left), patience.signal);
  }
}

function keepAlive(lock: Lock, subject: string, clock: Clock): Claim {
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
  // Ends by being released.
  keep().catch(() => undefined);
  return {
    assertHeld() {
      if (isLost || !lock.isHeld()) throw lost(subject);
    },
    release() {
      released.abort();
      letGo(lock);
    },
  };
}

/** What cannot be removed is taken over from us as from any process that has ended; what the work came to is what counts. */
function letGo(lock: Lock): void {
  try {
    lock.release();
  } catch {}
}

/** Undefined when a passing fault of the file system hides whether the lock is ours: the next touch will tell. */
function touch(lock: Lock): boolean | undefined {
  try {
    return lock.beat();
  } catch {
    return undefined;
  }
}

function take(path: string): ReturnType<typeof takeLock> {
  try {
    return takeLock(path);
  } catch (cause) {
    throw unwritable(path, cause);
  }
}

function locked(subject: string, holder: Holder | null): UploadError {
  const message = `${nameOf(holder)} is working on ${subject}`;
  return new UploadError('session_locked', {
    message,
    hint: 'Let it finish, or wait for it with --wait-lock 10m.',
    isRetryable: true,
  });
}

function lost(subject: string): UploadError {
  const message = `the lock on ${subject} is gone, so another process may be working on it`;
  return new UploadError('session_locked', { message, hint: 'See that there is none, and run it again.' });
}

function nameOf(holder: Holder | null): string {
  return holder === null ? 'another process' : `process ${holder.pid} on ${holder.host.split(' ')[0]}`;
}
