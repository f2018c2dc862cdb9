import type { Clock } from '../model/clock.ts';
import { adaptiveConcurrency } from './adaptive-concurrency.ts';
import { fixedConcurrency, type LinkSpeed, MAX_CONCURRENCY } from './concurrency.ts';
import { createPartLength } from './part-length.ts';
import { createPool, type Pool } from './pool.ts';
import { createRequestPace, type RequestPace } from './request-pace.ts';
import { createPoolPause, createRetryBudget, type PoolPause, type RetryBudget } from './retry.ts';

/** The limits that all uploads of one caller share, because the server sees them as one client. */
export interface SharedLimits {
  readonly pool: Pool;
  /** Also waits for the pace. */
  readonly pause: PoolPause;
  readonly pace: RequestPace;
  readonly budget: RetryBudget;
  readonly rateLimit: RateLimit | undefined;
  /** The most parts that can be in flight at once. */
  readonly concurrency: number;
  /**
   * What works best at the moment. Undefined until that is found, and when the caller has fixed the
   * number of connections.
   */
  linkSpeed(): LinkSpeed | undefined;
}

/**
 * `concurrency` fixes the number of parts in flight; without it the best number is searched for.
 * `limitRate` is in bytes a second, `maxRequests` in requests a second. `known` is the result of an
 * earlier search to start from.
 */
export function createSharedLimits(
  clock: Clock,
  options: {
    readonly concurrency?: number | undefined;
    readonly limitRate?: number | undefined;
    readonly maxRequests?: number | undefined;
    readonly retries: number;
    readonly known?: LinkSpeed | undefined;
  },
): SharedLimits {
  const { concurrency: fixed, limitRate, maxRequests, retries, known } = options;
  const mostAtOnce = fixed ?? MAX_CONCURRENCY;
  const concurrency = fixed === undefined ? adaptiveConcurrency(clock, known) : fixedConcurrency(fixed);
  const partLength = createPartLength();
  const pace = createRequestPace(clock, maxRequests);

  return {
    pool: createPool({ concurrency, partLength, clock }),
    pause: createPoolPause(clock, pace),
    pace,
    // At least enough for every part to use up its own retries in an outage that hits all of them.
    // A server that fails now and then reaches this limit first.
    budget: createRetryBudget(retries * mostAtOnce),
    rateLimit: limitRate === undefined ? undefined : createRateLimit(clock, limitRate),
    concurrency: mostAtOnce,
    linkSpeed() {
      const bytesPerSecond = partLength.bytesPerSecond();
      if (fixed !== undefined || !concurrency.isSettled || bytesPerSecond === 0) return undefined;
      return { concurrency: concurrency.best, bytesPerSecond };
    },
  };
}

/** Ten pieces a second are small enough not to show up as bursts. */
const PIECES_PER_SECOND = 10;
/**
 * How often a wait calls `onWait`. Must be below the shortest stall timeout allowed, one second.
 */
const TELL_MS = 500;

/** Holds bytes back, for all parts of a run together. */
export interface RateLimit {
  /** The most bytes to take at once. */
  readonly pieceBytes: number;
  /**
   * Resolves when this many more bytes may go out. Until then `onWait` is called at intervals.
   * @throws the signal's reason
   */
  take(bytes: number, signal: AbortSignal, onWait: () => void): Promise<void>;
}

/**
 * Allows at most `bytesPerSecond` in any second, give or take one piece (a tenth of that). Unused
 * time is not saved up.
 */
export function createRateLimit(clock: Clock, bytesPerSecond: number): RateLimit {
  let freeAt = Number.NEGATIVE_INFINITY;
  return {
    pieceBytes: Math.max(1, Math.floor(bytesPerSecond / PIECES_PER_SECOND)),
    async take(bytes, signal, onWait) {
      const startAt = Math.max(clock.monotonic(), freeAt);
      freeAt = startAt + (bytes / bytesPerSecond) * 1000;
      for (let left = startAt - clock.monotonic(); left > 0; left = startAt - clock.monotonic()) {
        await clock.sleep(Math.min(left, TELL_MS), signal);
        onWait();
      }
    },
  };
}
