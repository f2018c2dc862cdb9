import type { Dependencies } from '../dependencies.ts';
import type { OnEvent } from '../model/events.ts';
import { DEFAULT_RETRIES, DEFAULT_STALL_TIMEOUT_MS, type TransferOptions } from '../options.ts';
import type { Patience } from '../sessions/claim.ts';
import type { SessionRecord } from '../sessions/record.ts';
import { adaptiveConcurrency, MOST_CONCURRENCY } from '../transfer/adaptive-concurrency.ts';
import { fixedConcurrency } from '../transfer/concurrency.ts';
import { createPool, type Pool } from '../transfer/pool.ts';
import { createPoolPause } from '../transfer/pool-pause.ts';
import { createRateLimit, type RateLimit } from '../transfer/rate-limit.ts';
import type { RetryPolicy } from '../transfer/retry.ts';
import { createRetryBudget } from '../transfer/retry-budget.ts';
import { createTimeSpent, type TimeSpent } from '../transfer/time-spent.ts';

/** One wish of the user, from its first request to its last: what all of its steps share. */
export interface Run {
  readonly deps: Dependencies;
  readonly policy: RetryPolicy;
  readonly pool: Pool;
  /** The most parts that will be on their way at once. */
  readonly concurrency: number;
  readonly rateLimit: RateLimit | undefined;
  readonly timeSpent: TimeSpent;
  readonly stallMs: number;
  /** With which locks are waited for. */
  readonly patience: Patience;
  /** On the monotonic clock. */
  readonly startedAt: number;
  /** Attempts that failed and were made again, so far. */
  readonly retries: () => number;
}

/** How long a server may have us wait while there is no upload yet whose end would bound it. */
const TIME_WITHOUT_UPLOAD_MS = 10 * 60_000;

export function startRun(options: TransferOptions, deps: Dependencies): Run {
  const {
    concurrency,
    limitRate,
    retries = DEFAULT_RETRIES,
    stallTimeoutMs = DEFAULT_STALL_TIMEOUT_MS,
    waitLockMs = 0,
  } = options;
  const { clock, random, signal } = deps;
  let retried = 0;
  const timeSpent = createTimeSpent();
  const mostAtOnce = concurrency ?? MOST_CONCURRENCY;
  const onEvent: OnEvent = (event) => {
    if (event.type === 'retry') {
      retried += 1;
      timeSpent.onPart(event.error.code === 'network' ? 'network' : 'server', event.delayMs);
    }
    deps.onEvent(event);
  };
  const policy: RetryPolicy = {
    retries,
    // Never less than what each part may take in an outage that hits all of them; a flapping server meets this bound first.
    budget: createRetryBudget(retries * mostAtOnce),
    pause: createPoolPause(clock),
    clock,
    random,
    timeLeftMs: () => TIME_WITHOUT_UPLOAD_MS,
    onEvent,
  };
  return {
    deps,
    policy,
    pool: createPool(concurrency === undefined ? adaptiveConcurrency(clock) : fixedConcurrency(concurrency)),
    concurrency: mostAtOnce,
    rateLimit: limitRate === undefined ? undefined : createRateLimit(clock, limitRate),
    timeSpent,
    stallMs: stallTimeoutMs,
    patience: { waitMs: waitLockMs, signal, onWait: (holder) => onEvent({ type: 'waiting', holder }) },
    startedAt: clock.monotonic(),
    retries: () => retried,
  };
}

/** The same run, held to the time that a session has left. */
export function boundBy(run: Run, record: SessionRecord): Run {
  return { ...run, policy: { ...run.policy, timeLeftMs: () => timeLeftMs(record, run.deps) } };
}

/** Milliseconds until the upload expires, by the server's clock; negative when it has. */
export function timeLeftMs(
  record: Pick<SessionRecord, 'expiresAt' | 'clockOffsetMs'>,
  { serverClock }: Pick<Dependencies, 'serverClock'>,
): number {
  return record.expiresAt * 1000 - serverClock.now(record.clockOffsetMs);
}
