import type { CallOptions, Dependencies } from '../dependencies.ts';
import { UploadError, type UploadErrorFacts, withFacts } from '../model/errors.ts';
import type { OnEvent } from '../model/events.ts';
import {
  DEFAULT_CONCURRENCY,
  DEFAULT_RETRIES,
  DEFAULT_STALL_TIMEOUT_MS,
  type TransferOptions,
} from '../options.ts';
import type { Patience } from '../sessions/claim.ts';
import type { SessionRecord } from '../sessions/record.ts';
import { createPoolPause } from '../transfer/pool-pause.ts';
import { type RetryPolicy, retry } from '../transfer/retry.ts';
import { createRetryBudget } from '../transfer/retry-budget.ts';
import { watchForAnswer } from '../transfer/stall-watch.ts';
import { createWindDown } from '../transfer/wind-down.ts';

/** One wish of the user, from its first request to its last: what all of its steps share. */
export interface Run {
  readonly deps: Dependencies;
  readonly policy: RetryPolicy;
  readonly concurrency: number;
  readonly stallMs: number;
  /** With which locks are waited for. */
  readonly patience: Patience;
  /** On the monotonic clock. */
  readonly startedAt: number;
  /** Attempts that failed and were made again, so far. */
  readonly retries: () => number;
}

export function startRun(options: TransferOptions, deps: Dependencies): Run {
  const {
    concurrency = DEFAULT_CONCURRENCY,
    retries = DEFAULT_RETRIES,
    stallTimeoutMs = DEFAULT_STALL_TIMEOUT_MS,
    waitLockMs = 0,
  } = options;
  const { clock, random, signal } = deps;
  let retried = 0;
  const onEvent: OnEvent = (event) => {
    if (event.type === 'retry') retried += 1;
    deps.onEvent(event);
  };
  const policy: RetryPolicy = {
    retries,
    // Never less than what each part may take in an outage that hits all of them; a flapping server meets this bound first.
    budget: createRetryBudget(retries * concurrency),
    pause: createPoolPause(clock),
    clock,
    random,
    timeLeftMs: () => Number.POSITIVE_INFINITY,
    onEvent,
  };
  return {
    deps,
    policy,
    concurrency,
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

/** What a run ended with, in words for the caller: an abort becomes `interrupted`, any other failure learns the facts. */
export function explain(
  error: unknown,
  { signal }: Pick<Dependencies, 'signal'>,
  facts: UploadErrorFacts,
): unknown {
  if (!signal.aborted || error !== signal.reason) return withFacts(error, facts);
  const hint = facts.uploadId === undefined ? '' : 'What the server has acknowledged is saved.';
  return new UploadError(
    'interrupted',
    { message: 'stopped before the end', hint },
    { ...facts, cause: error },
  );
}

/** Waits for something that cannot be aborted itself. @throws the signal's reason */
export function untilAborted<T>(promise: Promise<T>, signal: AbortSignal): Promise<T> {
  return new Promise((resolve, reject) => {
    const onAbort = () => reject(signal.reason);
    if (signal.aborted) onAbort();
    signal.addEventListener('abort', onAbort, { once: true });
    promise.then(resolve, reject).finally(() => signal.removeEventListener('abort', onAbort));
  });
}

/** One of the small requests, with retries. Given up when no answer comes; a stop leaves it three seconds to come. */
export function callApi<T>(
  run: Run,
  call: { readonly what: string; readonly doing: string },
  request: (options: CallOptions) => Promise<T>,
): Promise<T> {
  const { deps, policy, stallMs } = run;
  const { clock } = deps;
  const windDown = createWindDown(clock, deps.signal);
  const attempt = (number: number) =>
    watchForAnswer({ clock, stallMs, doing: call.doing, signal: windDown.abandon }, (signal) =>
      request({ signal, attempt: number }),
    );
  return retry(policy, { what: call.what, signal: windDown.stop, attempt }).finally(windDown.dispose);
}
