import type { Clock } from '../model/clock.ts';
import { UploadError } from '../model/errors.ts';
import type { Holder } from './holder.ts';
import { HEARTBEAT_MS, type Lock, takeLock } from './lock.ts';
import { unwritable } from './session.ts';

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
  const beat = async () => {
    while (!isLost) {
      await clock.sleep(HEARTBEAT_MS, released.signal);
      isLost = !lock.beat();
    }
  };
  // A beat that fails on a full or broken disk will fail the next save as well, and that one is told.
  beat().catch(() => undefined);
  return {
    assertHeld() {
      if (isLost) throw locked(subject, null);
    },
    release() {
      released.abort();
      lock.release();
    },
  };
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

function nameOf(holder: Holder | null): string {
  return holder === null ? 'another process' : `process ${holder.pid} on ${holder.host.split(' ')[0]}`;
}
