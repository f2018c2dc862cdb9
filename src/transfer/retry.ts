import type { Clock } from '../model/clock.ts';
import { isUploadError, type UploadError } from '../model/errors.ts';
import type { OnEvent } from '../model/events.ts';
import type { RequestPace } from './request-pace.ts';

/** What all attempts of a run share. */
export interface RetryPolicy {
  /** How often a call is retried after its first attempt. */
  readonly retries: number;
  readonly budget: RetryBudget;
  readonly pause: PoolPause;
  /** Awaited before each attempt, outside its time limits. If it fails, the attempt fails. */
  readonly ready?: (signal: AbortSignal) => Promise<unknown>;
  readonly clock: Clock;
  /** Returns a number in [0, 1). */
  readonly random: () => number;
  /** Milliseconds left before the upload expires. A wait that would outlast them is not begun. */
  readonly timeLeftMs: () => number;
  readonly onEvent: OnEvent;
}

/**
 * Runs `attempt` until it succeeds. This is the only place where anything is retried. The error
 * itself says whether another attempt is worth it (`isRetryable`).
 * @throws the last error, its message extended with the reason why the retries ended; the signal's
 * reason
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
      // When the run is being stopped, that is the reason to report, whatever else went wrong.
      if (call.signal.aborted) throw call.signal.reason;
      if (!isUploadError(error) || !error.isRetryable) throw error;

      // An expired key does not count as a failure the first time. The second time it may be one.
      if (error.facts.hasNewKey && !hasNewKey) {
        hasNewKey = true;
        attempt -= 1;
        continue;
      }

      const delayMs = retryDelayMs(attempt, error.facts.retryAfterMs, policy.random);
      const end = endOfRetries(policy, attempt, delayMs);
      if (end !== undefined) throw giveUp(error, end);

      // When one part finds the server overloaded, all parts wait.
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
 * The first and the longest wait between attempts. The SDKs start at 0.5 s too, but they stop at
 * 8 s, which is too soon for a server in trouble.
 */
const FIRST_DELAY_MS = 500;
const MAX_DELAY_MS = 30_000;

/**
 * Returns how long to wait after failure number `attempt` (from 1). If the server asked for a
 * delay, that is used. Otherwise it is full jitter, between zero and 0.5 s × 2ⁿ and at most 30 s,
 * which keeps many clients from coming back at the same moment.
 * @param random returns a number in [0, 1)
 */
export function retryDelayMs(
  attempt: number,
  retryAfterMs: number | undefined,
  random: () => number,
): number {
  if (retryAfterMs !== undefined) return retryAfterMs;
  return random() * Math.min(MAX_DELAY_MS, FIRST_DELAY_MS * 2 ** (attempt - 1));
}

/** Limits the retries of a whole run, over all its parts, to spare a server in trouble. */
export interface RetryBudget {
  /** Takes one retry. Returns false when none is left. */
  take(): boolean;
  /** Gives one retry back after a success, up to the capacity. */
  restore(): void;
}

/** Allows `capacity` retries without a success in between. */
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
  /** Starts nothing for the next `ms` milliseconds. A longer pause already in effect stays. */
  holdFor(ms: number): void;
  /** Resolves when one more attempt may start. @throws the signal's reason */
  wait(signal: AbortSignal): Promise<void>;
}

/** `pace` decides when each attempt may start while nothing is held back. */
export function createPoolPause(clock: Clock, pace?: Pick<RequestPace, 'take'>): PoolPause {
  let until = Number.NEGATIVE_INFINITY;
  const isOver = async (signal: AbortSignal) => {
    // Check again after each sleep: the pause may have been extended meanwhile.
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
