import { describe, expect, it } from 'vitest';
import { UploadError, type UploadErrorFacts } from '../../../src/model/errors.ts';
import type { UploadEvent } from '../../../src/model/events.ts';
import { createPoolPause } from '../../../src/transfer/pool-pause.ts';
import { type RetryPolicy, retry } from '../../../src/transfer/retry.ts';
import { createRetryBudget } from '../../../src/transfer/retry-budget.ts';
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
