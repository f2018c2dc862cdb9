import type { Clock } from '../model/clock.ts';
import { adaptiveConcurrency, MAX_CONCURRENCY } from './adaptive-concurrency.ts';
import { fixedConcurrency } from './concurrency.ts';
import { createPool, type Pool } from './pool.ts';
import { createPoolPause, type PoolPause } from './pool-pause.ts';
import { createRateLimit, type RateLimit } from './rate-limit.ts';
import { createRetryBudget, type RetryBudget } from './retry-budget.ts';

/** What all uploads of one caller share: to the server they are one client. */
export interface SharedLimits {
  readonly pool: Pool;
  readonly pause: PoolPause;
  readonly budget: RetryBudget;
  readonly rateLimit: RateLimit | undefined;
  /** The most parts that will be on their way at once. */
  readonly concurrency: number;
}

/** `concurrency`: fixed; it finds its own number without. `limitRate` in bytes a second. */
export function createSharedLimits(
  clock: Clock,
  options: {
    readonly concurrency?: number | undefined;
    readonly limitRate?: number | undefined;
    readonly retries: number;
  },
): SharedLimits {
  const { concurrency, limitRate, retries } = options;
  const mostAtOnce = concurrency ?? MAX_CONCURRENCY;
  return {
    pool: createPool(concurrency === undefined ? adaptiveConcurrency(clock) : fixedConcurrency(concurrency)),
    pause: createPoolPause(clock),
    // Never less than what each part may take in an outage that hits all of them; a flapping server meets this bound first.
    budget: createRetryBudget(retries * mostAtOnce),
    rateLimit: limitRate === undefined ? undefined : createRateLimit(clock, limitRate),
    concurrency: mostAtOnce,
  };
}
