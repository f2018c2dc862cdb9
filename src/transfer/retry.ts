import type { Clock } from '../model/clock.ts';
import { isUploadError, UploadError } from '../model/errors.ts';
import type { OnEvent } from '../model/events.ts';
import type { PoolPause } from './pool-pause.ts';
import type { RetryBudget } from './retry-budget.ts';
import { retryDelayMs } from './retry-delay.ts';

/** What the attempts of a run share. */
export interface RetryPolicy {
  /** How often one call is tried again after its first attempt. */
  readonly retries: number;
  readonly budget: RetryBudget;
  readonly pause: PoolPause;
  readonly clock: Clock;
  /** In [0, 1). */
  readonly random: () => number;
  /** Milliseconds the upload has left; a wait that would outlast it is not begun. */
  readonly timeLeftMs: () => number;
  readonly onEvent: OnEvent;
}

/**
 * Runs `attempt` until it succeeds, and is the only place where anything is tried again. Whether an error is worth it,
 * its maker has said (`isRetryable`).
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
  for (let attempt = 1; ; attempt += 1) {
    await policy.pause.wait(call.signal);
    call.signal.throwIfAborted();
    try {
      const result = await call.attempt(attempt);
      policy.budget.restore();
      return result;
    } catch (error) {
      // Once it is to stop, that is why it ends, whatever else went wrong on the way.
      if (call.signal.aborted) throw call.signal.reason;
      if (!isUploadError(error) || !error.isRetryable) throw error;
      const delayMs = retryDelayMs(attempt, error.facts.retryAfterMs, policy.random);
      const end = endOfRetries(policy, attempt, delayMs);
      if (end !== undefined) throw giveUp(error, end);
      // An overloaded server is told so by every part at once; the others need not find out one by one.
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
  const { code, message, hint, isRetryable, facts } = error;
  return new UploadError(
    code,
    { message: `${message}; ${end}`, hint, isRetryable },
    { ...facts, cause: error },
  );
}
