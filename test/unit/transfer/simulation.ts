import { UploadError } from '../../../src/model/errors.ts';
import type { UploadEvent } from '../../../src/model/events.ts';
import { createPartCutter } from '../../../src/plan/part-cutter.ts';
import type { Range } from '../../../src/plan/ranges.ts';
import { fixedConcurrency } from '../../../src/transfer/concurrency.ts';
import { createPartLength } from '../../../src/transfer/part-length.ts';
import { createPool } from '../../../src/transfer/pool.ts';
import { createPoolPause, createRetryBudget, type RetryPolicy } from '../../../src/transfer/retry.ts';
import { uploadParts } from '../../../src/transfer/upload-parts.ts';
import { createFakeClock } from '../../helpers/fake-clock.ts';

/** What one attempt at a part does: it takes its time, then is acknowledged or fails. */
export interface Attempt {
  readonly takesMs: number;
  readonly fails?: UploadError;
  /** Says nothing of its progress, so that it looks stalled when it takes long. */
  readonly isSilent?: boolean;
}

interface Started {
  readonly index: number;
  readonly attempt: number;
  readonly at: number;
}

export const trouble = () => new UploadError('network', { message: 'cut', isRetryable: true });
export const overload = (retryAfterMs: number) =>
  new UploadError('rate_limited', { message: 'slow', isRetryable: true }, { isOverload: true, retryAfterMs });
export const fatal = () => new UploadError('request_refused', { message: 'no' });

/** The engine on a clock that only we move, sending parts of ten bytes to nowhere. */
export function simulate(options: {
  readonly parts: number;
  readonly concurrency: number;
  /** The attempt at a part, both numbers from their usual starts: index 0, attempt 1. */
  readonly attempt: (index: number, attempt: number) => Attempt;
  readonly acknowledge?: (range: Range) => void;
  readonly policy?: Partial<RetryPolicy>;
}) {
  const clock = createFakeClock();
  const stop = new AbortController();
  const started: Started[] = [];
  const acknowledged: { index: number; receipt: string; at: number }[] = [];
  const events: UploadEvent[] = [];
  const inFlightBytes = new Map<number, number>();
  const inFlight = new Set<number>();
  let mostInFlight = 0;
  const policy: RetryPolicy = {
    retries: 7,
    budget: createRetryBudget(10_000),
    pause: createPoolPause(clock),
    clock,
    random: () => 0.5,
    timeLeftMs: () => Number.POSITIVE_INFINITY,
    onEvent: (event) => void events.push(event),
    ...options.policy,
  };
  const running = uploadParts<string>({
    cutter: createPartCutter(
      [{ offset: 0, length: options.parts * 10 }],
      { partBytes: 10, minPartBytes: 1 },
      0,
    ),
    slot: createPool({
      concurrency: fixedConcurrency(options.concurrency),
      partLength: createPartLength(),
      clock,
    }).join(),
    policy,
    stallMs: 30_000,
    signal: stop.signal,
    async sendPart({ index, length }, { signal, attempt, onSent }) {
      started.push({ index, attempt, at: clock.monotonic() });
      if (inFlight.has(index)) throw new Error(`part ${index} is on its way twice`);
      inFlight.add(index);
      mostInFlight = Math.max(mostInFlight, inFlight.size);
      const { takesMs, fails, isSilent } = options.attempt(index, attempt);
      try {
        if (!isSilent) onSent(length);
        await clock.sleep(takesMs, signal);
        if (fails) throw fails;
        return `receipt ${index}.${attempt}`;
      } finally {
        inFlight.delete(index);
      }
    },
    async acknowledge(range, receipt) {
      options.acknowledge?.(range);
      acknowledged.push({ index: range.index, receipt, at: clock.monotonic() });
      inFlightBytes.set(range.index, 0);
    },
    onInFlight: ({ index }, bytes) => void inFlightBytes.set(index, bytes),
    onTick: () => undefined,
  });
  return {
    clock,
    stop,
    started,
    acknowledged,
    events,
    inFlightBytes,
    mostInFlight: () => mostInFlight,
    run: () => clock.runUntilSettled(running),
  };
}
