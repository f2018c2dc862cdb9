import { isUploadError } from '../model/errors.ts';
import type { OnEvent } from '../model/events.ts';
import { DEFAULT_RETRIES, DEFAULT_STALL_TIMEOUT_MS, type TransferOptions } from '../options/options.ts';
import type { SessionRecord } from '../sessions/record.ts';
import type { LockWait } from '../sessions/sessions.ts';
import type { Spools } from '../sessions/spools.ts';
import type { UploadSlot } from '../transfer/pool.ts';
import type { RetryPolicy } from '../transfer/retry.ts';
import { retry } from '../transfer/retry.ts';
import { createShutdown } from '../transfer/shutdown.ts';
import { watchForResponse } from '../transfer/stall-watch.ts';
import { createTimeSpent, type TimeSpent } from '../transfer/time-spent.ts';
import type { CallOptions, Dependencies } from './dependencies.ts';

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

/** One of the small requests, with retries. Given up when no answer comes; a stop leaves it three seconds to come. */
export async function callApi<T>(
  context: UploadContext,
  call: { readonly what: string; readonly action: string },
  request: (options: CallOptions) => Promise<T>,
): Promise<T> {
  const { deps, policy, stallMs } = context;
  const { clock } = deps;
  const shutdown = createShutdown(clock, deps.signal);
  const watched = { clock, stallMs, action: call.action, signal: shutdown.aborted };
  const attempt = (number: number) =>
    watchForResponse(watched, (signal) => request({ signal, attempt: number }));
  try {
    return await retry(policy, { what: call.what, signal: shutdown.stop, attempt });
  } finally {
    shutdown.dispose();
  }
}

/**
 * Cancels an upload that is of no use any more, once and without a word: if this fails, it expires by itself.
 * @returns whether the server has said that the upload is over
 */
export async function cancelQuietly(
  uploadId: string,
  { deps, stallMs }: UploadContext,
  stop: AbortSignal = new AbortController().signal,
): Promise<boolean> {
  const signal = AbortSignal.any([stop, AbortSignal.timeout(stallMs)]);
  try {
    await deps.api.cancelUpload(uploadId, { signal, attempt: 1 });
    return true;
  } catch (error) {
    return isUploadError(error) && ['upload_cancelled', 'upload_expired'].includes(error.code);
  }
}

/**
 * Does away with spools that nobody will read again. What comes of the upload is what counts: a spool that cannot be deleted
 * now is found by a later sweep.
 */
export async function tidySpools(
  { sessions }: { readonly sessions: { readonly spools: Spools } },
  action: (spools: Spools) => unknown,
): Promise<void> {
  try {
    await action(sessions.spools);
  } catch (error) {
    if (!isUploadError(error)) throw error;
  }
}
