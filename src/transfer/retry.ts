import type { Clock } from '../model/clock.ts';
import { isUploadError, type UploadError } from '../model/errors.ts';
import type { OnEvent } from '../model/events.ts';
import type { RequestPace } from './request-pace.ts';

/** What the attempts of a run share. */
export interface RetryPolicy {
  /** How often one call is tried again after its first attempt. */
  readonly retries: number;
  readonly budget: RetryBudget;
  readonly pause: PoolPause;
  /** Awaited before each attempt, and outside of its time limits. Its failures are the attempt's. */
  readonly ready?: (signal: AbortSignal) => Promise<unknown>;
  readonly clock: Clock;
  /** In [0, 1). */
  readonly random: () => number;
  /** Milliseconds the upload has left; a wait that would outlast it is not begun. */
  readonly timeLeftMs: () => number;
  readonly onEvent: OnEvent;
}

/**
 * Runs `attempt` until it succeeds. Nothing is tried again anywhere else. The error itself says
 * whether another attempt is worth it (`isRetryable`).
 * @throws the last error, with what ended the retries in its message; the signal's reason
 */
export async function retry<T>(
  policy: RetryPolicy,
  call: {
    readonly what: string;
    readonly signal: AbortSignal;
    readonly attempt: (number: number) => Promise<T>;
  },
): Promise<T> {
  let hasNewKey = false;

  for (let attempt = 1; ; attempt += 1) {
    await policy.pause.wait(call.signal);
    call.signal.throwIfAborted();

    try {
      await policy.ready?.(call.signal);
      const result = await call.attempt(attempt);
      policy.budget.restore();
      return result;
    } catch (error) {
      // A run that is being stopped ends for that reason, whatever else went wrong on the way.
      if (call.signal.aborted) throw call.signal.reason;
      if (!isUploadError(error) || !error.isRetryable) throw error;

      // A key that has run out is no failure of the call. One that runs out again may be.
      if (error.facts.hasNewKey && !hasNewKey) {
        hasNewKey = true;
        attempt -= 1;
        continue;
      }

      const delayMs = retryDelayMs(attempt, error.facts.retryAfterMs, policy.random);
      const end = endOfRetries(policy, attempt, delayMs);
      if (end !== undefined) throw giveUp(error, end);

      // What one part finds out about an overloaded server holds for all others too.
      if (error.facts.isOverload) policy.pause.holdFor(delayMs);
      policy.onEvent({ type: 'retry', what: call.what, attempt, delayMs, error });
      await policy.clock.sleep(delayMs, call.signal);
    }
  }
}

function endOfRetries(
  { retries, budget, timeLeftMs }: RetryPolicy,
  attempt: number,
  delayMs: number,
): string | undefined {
  if (attempt > retries) return attempt === 1 ? '' : `gave up after ${attempt} attempts`;
  if (delayMs >= timeLeftMs())
    return `the next attempt would have to wait ${Math.ceil(delayMs / 1000)} s, longer than there is time`;
  if (!budget.take()) return 'gave up: too many failures in this run';
  return undefined;
}

function giveUp(error: UploadError, end: string): UploadError {
  if (end === '') return error;
  return error.with({ message: `${error.message}; ${end}`, facts: { cause: error } });
}

/**
 * First and longest wait between attempts. The SDKs start at 0.5 s too. They stop at 8 s, which is
 * too soon for a server in trouble.
 */
const FIRST_DELAY_MS = 500;
const MAX_DELAY_MS = 30_000;

/**
 * How long to wait after the `attempt`-th failure (from 1): what the server asked for, or else full
 * jitter, anything from nothing to 0.5 s × 2ⁿ and at most 30 s, so that many clients do not come
 * back at once. `random` gives [0, 1).
 */
export function retryDelayMs(
  attempt: number,
  retryAfterMs: number | undefined,
  random: () => number,
): number {
  if (retryAfterMs !== undefined) return retryAfterMs;
  return random() * Math.min(MAX_DELAY_MS, FIRST_DELAY_MS * 2 ** (attempt - 1));
}

/**
 * Limits the retries of a whole run, over all its parts, so that a server in trouble is not
 * hammered.
 */
export interface RetryBudget {
  /** Takes one; false when there is none left. */
  take(): boolean;
  /** Something succeeded: gives one back, up to the start. */
  restore(): void;
}

/** `capacity` retries may go without a success in between. */
export function createRetryBudget(capacity: number): RetryBudget {
  let left = capacity;
  return {
    take() {
      if (left <= 0) return false;
      left -= 1;
      return true;
    },
    restore() {
      left = Math.min(capacity, left + 1);
    },
  };
}

/** Holds back every attempt of a run while the server asks for it. */
export interface PoolPause {
  /** Nothing starts before `ms` from now. A longer pause that is on already stays. */
  holdFor(ms: number): void;
  /** Resolves when one more attempt may start. @throws the signal's reason */
  wait(signal: AbortSignal): Promise<void>;
}

/** `pace`: when each attempt may start while nothing is held back. */
export function createPoolPause(clock: Clock, pace?: Pick<RequestPace, 'take'>): PoolPause {
  let until = Number.NEGATIVE_INFINITY;
  const isOver = async (signal: AbortSignal) => {
    // Again after each sleep, because the pause may have become longer meanwhile.
    for (let left = until - clock.monotonic(); left > 0; left = until - clock.monotonic()) {
      await clock.sleep(left, signal);
    }
  };

  return {
    holdFor(ms) {
      until = Math.max(until, clock.monotonic() + ms);
    },
    async wait(signal) {
      await isOver(signal);
      await pace?.take(signal);
      await isOver(signal);
    },
  };
}
