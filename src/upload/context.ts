import type { OnEvent } from '../model/events.ts';
import { DEFAULT_RETRIES, DEFAULT_STALL_TIMEOUT_MS, type TransferOptions } from '../options/options.ts';
import type { SessionRecord } from '../sessions/record.ts';
import type { LockWait } from '../sessions/sessions.ts';
import type { UploadSlot } from '../transfer/pool.ts';
import type { RetryPolicy } from '../transfer/retry.ts';
import { createTimeSpent, type TimeSpent } from '../transfer/time-spent.ts';
import type { Dependencies } from './dependencies.ts';

/** One wish of the user, from its first request to its last: what all of its steps share. */
export interface UploadContext {
  readonly deps: Dependencies;
  readonly policy: RetryPolicy;
  /** Its share of the pool, to be left at its end. */
  readonly slot: UploadSlot;
  readonly timeSpent: TimeSpent;
  readonly stallMs: number;
  /** With which locks are waited for. */
  readonly lockWait: LockWait;
  /** On the monotonic clock. */
  readonly startedAt: number;
  /** Attempts that failed and were made again, so far. */
  readonly retries: () => number;
  /** Set when no other process may upload the same bytes meanwhile. @throws UploadError `session_locked` when one may */
  readonly assertAlone?: () => Promise<void>;
}

/** How long a server may have us wait while there is no upload yet whose end would bound it. */
const TIME_WITHOUT_UPLOAD_MS = 10 * 60_000;

export function createContext(options: TransferOptions, deps: Dependencies): UploadContext {
  const { retries = DEFAULT_RETRIES, stallTimeoutMs = DEFAULT_STALL_TIMEOUT_MS, waitLockMs = 0 } = options;
  const { clock, random, signal, limits } = deps;
  let retried = 0;
  const timeSpent = createTimeSpent();
  const onEvent: OnEvent = (event) => {
    if (event.type === 'retry') {
      retried += 1;
      timeSpent.onPart(event.error.code === 'network' ? 'network' : 'server', event.delayMs);
    }
    deps.onEvent(event);
  };
  const policy: RetryPolicy = {
    retries,
    budget: limits.budget,
    pause: limits.pause,
    clock,
    random,
    timeLeftMs: () => TIME_WITHOUT_UPLOAD_MS,
    onEvent,
  };
  const slot = limits.pool.join();
  const onWait = (owner: string) => {
    // Its parts may be long in coming: meanwhile its place is that of another upload.
    slot.release();
    onEvent({ type: 'waiting', owner });
  };
  return {
    deps,
    policy,
    slot,
    timeSpent,
    stallMs: stallTimeoutMs,
    lockWait: { waitMs: waitLockMs, signal, onWait },
    startedAt: clock.monotonic(),
    retries: () => retried,
  };
}

/** The same run, held to the time that a session has left. */
export function boundBy(context: UploadContext, record: SessionRecord): UploadContext {
  return { ...context, policy: { ...context.policy, timeLeftMs: () => timeLeftMs(record, context.deps) } };
}

/** Milliseconds until the upload expires, by the server's clock; negative when it has. */
export function timeLeftMs(
  record: Pick<SessionRecord, 'expiresAt' | 'clockOffsetMs'>,
  { serverClock }: Pick<Dependencies, 'serverClock'>,
): number {
  return record.expiresAt * 1000 - serverClock.now(record.clockOffsetMs);
}
