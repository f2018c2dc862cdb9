import type { Clock } from '../model/clock.ts';
import { adaptiveConcurrency } from './adaptive-concurrency.ts';
import { fixedConcurrency, type LinkSpeed, MAX_CONCURRENCY } from './concurrency.ts';
import { createPartLength } from './part-length.ts';
import { createPool, type Pool } from './pool.ts';
import { createRequestPace, type RequestPace } from './request-pace.ts';
import { createPoolPause, createRetryBudget, type PoolPause, type RetryBudget } from './retry.ts';

/** What all uploads of one caller share: to the server they are one client. */
export interface SharedLimits {
  readonly pool: Pool;
  /** Waits for the pace too. */
  readonly pause: PoolPause;
  readonly pace: RequestPace;
  readonly budget: RetryBudget;
  readonly rateLimit: RateLimit | undefined;
  /** The most parts that will be on their way at once. */
  readonly concurrency: number;
  /**
   * What is best now; undefined before that is found, and for a number that the caller has fixed.
   */
  linkSpeed(): LinkSpeed | undefined;
}

/**
 * `concurrency`: fixed; it finds its own number without. `limitRate` in bytes a second.
 * `maxRequests` in requests a second. `known`: what was best the last time, to begin with.
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
    // Never less than what each part may take in an outage that hits all of them. A server that
    // fails now and then meets this bound first.
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

/** So that ten pieces go out in a second, and none of them is noticed as a burst. */
const PIECES_PER_SECOND = 10;
/** How often a wait calls `onWait`. Below the shortest stall timeout that is accepted, a second. */
const TELL_MS = 500;

/** Holds bytes back, all parts of a run together. */
export interface RateLimit {
  /** The most bytes to take at once. */
  readonly pieceBytes: number;
  /**
   * Resolves when so many more bytes may go out. `onWait` is called now and then until then.
   * @throws the signal's reason
   */
  take(bytes: number, signal: AbortSignal, onWait: () => void): Promise<void>;
}

/**
 * At most `bytesPerSecond` within any second, give or take a piece of a tenth of that. Time that
 * nobody used is not saved up.
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
