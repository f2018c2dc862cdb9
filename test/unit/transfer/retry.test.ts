import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { UploadError, type UploadErrorFacts } from '../../../src/model/errors.ts';
import type { UploadEvent } from '../../../src/model/events.ts';
import {
  createPoolPause,
  createRetryBudget,
  type RetryPolicy,
  retry,
  retryDelayMs,
} from '../../../src/transfer/retry.ts';
import { createFakeClock } from '../../helpers/fake-clock.ts';

const trouble = (facts: UploadErrorFacts = {}) =>
  new UploadError('server_error', { message: 'trouble', hint: 'hint', isRetryable: true }, facts);

/** A call that fails with the given errors, one an attempt, and then succeeds with the attempt's number. */
function setUp(failures: readonly unknown[], changes: Partial<RetryPolicy> = {}) {
  const clock = createFakeClock();
  const events: UploadEvent[] = [];
  const stop = new AbortController();
  const policy: RetryPolicy = {
    retries: 7,
    budget: createRetryBudget(100),
    pause: createPoolPause(clock),
    clock,
    random: () => 0.5,
    timeLeftMs: () => Number.POSITIVE_INFINITY,
    onEvent: (event) => void events.push(event),
    ...changes,
  };
  const startedAt: number[] = [];
  const attempt = async (number: number) => {
    startedAt.push(clock.monotonic());
    const failure = failures[number - 1];
    if (failure !== undefined) throw failure;
    return number;
  };
  const start = () => retry(policy, { what: 'create', signal: stop.signal, attempt });
  const run = () => clock.runUntilSettled(start());
  return { clock, events, stop, policy, startedAt, start, run };
}

describe('retry', () => {
  it('gives the result of the first attempt that succeeds, each after a longer wait', async () => {
    const { run, startedAt, events } = setUp([trouble(), trouble(), trouble()]);
    expect(await run()).toBe(4);
    expect(startedAt).toEqual([0, 250, 750, 1750]);
    expect(events).toMatchObject([
      { type: 'retry', what: 'create', attempt: 1, delayMs: 250, error: { message: 'trouble' } },
      { attempt: 2, delayMs: 500 },
      { attempt: 3, delayMs: 1000 },
    ]);
  });

  it('waits as long as the server asked', async () => {
    const { run, startedAt } = setUp([trouble({ retryAfterMs: 12_345 })]);
    expect(await run()).toBe(2);
    expect(startedAt).toEqual([0, 12_345]);
  });

  it('does not try again what its maker said is in vain, nor what is no error of ours', async () => {
    for (const failure of [new UploadError('request_refused', { message: 'no' }), new TypeError('a bug')]) {
      const { run, startedAt, events } = setUp([failure]);
      await expect(run()).rejects.toBe(failure);
      expect([startedAt.length, events.length]).toEqual([1, 0]);
    }
  });

  it('goes on at once with a new key, and does not count that', async () => {
    const expired = trouble({ hasNewKey: true });
    const { run, events, policy } = setUp([], { retries: 0 });
    let attempts = 0;
    const attempt = async () => {
      attempts += 1;
      if (attempts === 1) throw expired;
      return attempts;
    };
    expect(await retry(policy, { what: 'create', signal: new AbortController().signal, attempt })).toBe(2);
    expect([await run(), events]).toEqual([1, []]);

    const again = async () => {
      throw expired;
    };
    await expect(
      retry(policy, { what: 'create', signal: new AbortController().signal, attempt: again }),
    ).rejects.toBe(expired);
  });

  it('gives up after its retries, and keeps what the last error knew', async () => {
    const last = trouble({ requestId: 'req_3' });
    const { run, startedAt } = setUp([trouble(), trouble(), last], { retries: 2 });
    await expect(run()).rejects.toMatchObject({
      code: 'server_error',
      message: 'trouble; gave up after 3 attempts',
      hint: 'hint',
      facts: { requestId: 'req_3' },
      cause: last,
    });
    expect(startedAt).toHaveLength(3);
  });

  it('with no retries throws the first error as it is', async () => {
    const failure = trouble();
    const { run } = setUp([failure], { retries: 0 });
    await expect(run()).rejects.toBe(failure);
  });

  it('gives up when the whole run has failed too often, though this call has not', async () => {
    const { run, startedAt } = setUp([trouble(), trouble(), trouble()], { budget: createRetryBudget(1) });
    await expect(run()).rejects.toThrow('trouble; gave up: too many failures in this run');
    expect(startedAt).toHaveLength(2);
  });

  it('gives back to the budget what succeeds', async () => {
    const budget = createRetryBudget(1);
    await setUp([trouble()], { budget }).run();
    expect(budget.take()).toBe(true);
  });

  it('ends at once when the wait would outlast the upload', async () => {
    const { run, clock, startedAt } = setUp([trouble({ retryAfterMs: 60_000 })], {
      timeLeftMs: () => 60_000,
    });
    await expect(run()).rejects.toThrow(/have to wait 60 s, longer than there is time/);
    expect([startedAt.length, clock.monotonic()]).toEqual([1, 0]);
  });

  it('holds back everyone who shares its pause after an overload, and nobody after other trouble', async () => {
    for (const [isOverload, heldUntil] of [
      [true, 5000],
      [false, 0],
    ] as const) {
      const { start, policy, clock } = setUp([trouble({ isOverload, retryAfterMs: 5000 })]);
      const first = start();
      await clock.advance(0);
      const other = policy.pause.wait(new AbortController().signal).then(() => clock.monotonic());
      expect(await clock.runUntilSettled(other)).toBe(heldUntil);
      await clock.runUntilSettled(first);
    }
  });

  it('ends a wait at once with the reason of the signal', async () => {
    const { start, clock, stop, startedAt } = setUp([trouble({ retryAfterMs: 60_000 })]);
    const ending = expect(start()).rejects.toBe('enough');
    await clock.advance(1);
    stop.abort('enough');
    await ending;
    expect([startedAt.length, clock.sleeping()]).toEqual([1, 0]);
  });

  it('makes no attempt when it is aborted before', async () => {
    const { run, stop, startedAt } = setUp([]);
    stop.abort('never');
    await expect(run()).rejects.toBe('never');
    expect(startedAt).toEqual([]);
  });
});

const almostOne = () => 1 - Number.EPSILON;

describe('retryDelayMs', () => {
  it.each([
    [1, 500],
    [2, 1000],
    [3, 2000],
    [6, 16_000],
    [7, 30_000],
    [100, 30_000],
    [5000, 30_000],
  ])('waits after failure %i at most %i ms', (attempt, most) => {
    expect(retryDelayMs(attempt, undefined, almostOne)).toBeCloseTo(most, 6);
    expect(retryDelayMs(attempt, undefined, () => 0.5)).toBe(most / 2);
    expect(retryDelayMs(attempt, undefined, () => 0)).toBe(0);
  });

  it('waits as long as the server asks, be it nothing or hours, whatever the attempt and the chance', () => {
    fc.assert(
      fc.property(
        fc.integer({ min: 1, max: 100 }),
        fc.nat(),
        fc.double({ min: 0, max: 0.99 }),
        (n, ms, chance) => {
          expect(retryDelayMs(n, ms, () => chance)).toBe(ms);
        },
      ),
    );
  });
});

describe('a retry budget', () => {
  it('is spent after as many retries as it holds, and a success gives one back', () => {
    const budget = createRetryBudget(2);
    expect([budget.take(), budget.take(), budget.take()]).toEqual([true, true, false]);
    budget.restore();
    expect([budget.take(), budget.take()]).toEqual([true, false]);
  });

  it('holds nothing when it starts with nothing, whatever succeeds', () => {
    const budget = createRetryBudget(0);
    budget.restore();
    expect(budget.take()).toBe(false);
  });

  it('never gives more than it holds between two successes', () => {
    const steps = fc.array(fc.constantFrom('take', 'restore'));
    fc.assert(
      fc.property(fc.nat(20), steps, (capacity, sequence) => {
        const budget = createRetryBudget(capacity);
        let left = capacity;
        for (const step of sequence) {
          if (step === 'restore') {
            budget.restore();
            left = Math.min(capacity, left + 1);
          } else {
            expect(budget.take()).toBe(left > 0);
            left = Math.max(0, left - 1);
          }
        }
      }),
    );
  });
});

/** Waits at the pause; `passedAt` is the time at which it let go. */
function waitAt(...holds: readonly number[]) {
  const clock = createFakeClock();
  const stop = new AbortController();
  const pause = createPoolPause(clock);
  for (const ms of holds) pause.holdFor(ms);
  const passedAt = pause.wait(stop.signal).then(() => clock.monotonic());
  return { clock, stop, pause, passedAt };
}

describe('a pause of the pool', () => {
  it('lets everyone through while nobody has asked for it', async () => {
    const { passedAt } = waitAt();
    expect(await passedAt).toBe(0);
  });

  it('holds until its time has passed', async () => {
    const { clock, passedAt } = waitAt(2000);
    expect(await clock.runUntilSettled(passedAt)).toBe(2000);
  });

  it('keeps the longer of two', async () => {
    const shorterLast = waitAt(2000, 500);
    expect(await shorterLast.clock.runUntilSettled(shorterLast.passedAt)).toBe(2000);
    const longerLast = waitAt(500, 2000);
    expect(await longerLast.clock.runUntilSettled(longerLast.passedAt)).toBe(2000);
  });

  it('holds longer when it is prolonged while somebody waits', async () => {
    const { clock, pause, passedAt } = waitAt(1000);
    await clock.advance(900);
    pause.holdFor(1000);
    expect(await clock.runUntilSettled(passedAt)).toBe(1900);
  });

  it('lets go of a waiter at once when it is aborted', async () => {
    const { clock, stop, passedAt } = waitAt(60_000);
    stop.abort('enough');
    await expect(passedAt).rejects.toBe('enough');
    expect(clock.sleeping()).toBe(0);
  });
});
