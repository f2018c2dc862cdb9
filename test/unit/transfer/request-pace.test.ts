import { setMaxListeners } from 'node:events';
import { describe, expect, it } from 'vitest';
import { createRequestPace, type RequestLimit } from '../../../src/transfer/request-pace.ts';
import { createPoolPause } from '../../../src/transfer/retry.ts';
import { createFakeClock } from '../../helpers/fake-clock.ts';
import { errorOf } from '../../helpers/temporary.ts';

const { signal } = new AbortController();
setMaxListeners(0, signal);

const MINUTE_MS = 60_000;

interface Answer {
  readonly isRefused: boolean;
  readonly retryAfterMs: number;
  readonly limit: RequestLimit;
}

type Server = (now: number) => Answer;

/** Takes so many requests in each minute of its clock. */
function periods(limit: number): Server {
  let [period, taken] = [0, 0];
  return (now) => {
    if (Math.floor(now / MINUTE_MS) !== period) [period, taken] = [Math.floor(now / MINUTE_MS), 0];
    const resetMs = MINUTE_MS - (now % MINUTE_MS);
    const isRefused = taken >= limit;
    if (!isRefused) taken += 1;
    return { isRefused, retryAfterMs: resetMs, limit: { limit, remaining: limit - taken, resetMs } };
  };
}

/** Begins with so many requests to spare, and gets as many again in a minute, one after the other. */
function bucket(limit: number, spare = limit): Server {
  const everyMs = MINUTE_MS / limit;
  let [held, at] = [spare, 0];
  return (now) => {
    held = Math.min(limit, held + (now - at) / everyMs);
    at = now;
    const isRefused = held < 1;
    if (!isRefused) held -= 1;
    const remaining = Math.floor(held);
    const resetMs = (limit - held) * everyMs;
    return { isRefused, retryAfterMs: (1 - held) * everyMs, limit: { limit, remaining, resetMs } };
  };
}

/** Sixteen clients that ask a server for minutes, as fast as they may, each response after 30 ms. */
async function ask(server: Server, minutes: number, how: { isTold?: boolean; maxPerSecond?: number } = {}) {
  const clock = createFakeClock();
  const pace = createRequestPace(clock, how.maxPerSecond);
  const pause = createPoolPause(clock, pace);
  const takenAt: number[] = [];
  let refused = 0;

  const client = async () => {
    while (clock.monotonic() < minutes * MINUTE_MS) {
      await pause.wait(signal);
      const startedAt = clock.monotonic();
      await clock.sleep(15);
      const { isRefused, retryAfterMs, limit } = server(clock.monotonic());
      if (isRefused) refused += 1;
      else takenAt.push(clock.monotonic());
      await clock.sleep(15);
      if (how.isTold) pace.told(limit, startedAt);
      if (!isRefused) continue;
      pace.refused(retryAfterMs);
      pause.holdFor(retryAfterMs);
    }
  };

  await clock.runUntilSettled(Promise.all(Array.from({ length: 16 }, client)));
  return { takenAt, refused, share: refused / (takenAt.length + refused) };
}

describe('the pace of requests', () => {
  it.each([
    ['periods, and tells of them', periods(1000), true],
    ['a bucket, and tells of it', bucket(1000), true],
    ['periods, and only refuses', periods(1000), false],
    ['a bucket, and only refuses', bucket(1000), false],
    ['a bucket that is nearly empty, and only refuses', bucket(1000, 50), false],
  ])('uses what a server takes that counts by %s', async (_, server, isTold) => {
    const minutes = isTold ? 2 : 6;
    const { takenAt, share } = await ask(server, minutes, { isTold });
    expect(takenAt.length / (minutes * 1000)).toBeGreaterThan(0.95);
    expect(share).toBeLessThan(isTold ? 0.001 : 0.005);
  });

  it('is even, and lets no more through than the caller allows, and no less', async () => {
    const { takenAt, refused } = await ask(periods(1000), 2, { maxPerSecond: 1000 / 60 });
    expect(takenAt.length / 2000).toBeGreaterThan(0.98);
    expect(refused).toBeLessThanOrEqual(2);
    for (const at of takenAt) {
      const second = takenAt.filter((other) => other >= at && other < at + 1000);
      expect(second.length).toBeLessThanOrEqual(17 + 2);
    }
  });

  it('grows again after a while without a refusal', async () => {
    const tight = periods(300);
    const server: Server = (now) => {
      const isTight = now < 2 * MINUTE_MS;
      return isTight ? tight(now) : { ...tight(now), isRefused: false };
    };
    const { takenAt } = await ask(server, 6);
    const last = takenAt.filter((at) => at > 5 * MINUTE_MS);
    expect(last.length).toBeGreaterThan(1200);
  });

  it('believes no limit for longer than a minute without asking', async () => {
    const clock = createFakeClock();
    const pace = createRequestPace(clock);
    pace.told({ limit: 10, remaining: 0, resetMs: 1e12 }, clock.monotonic());
    await clock.runUntilSettled(pace.take(signal));
    expect(clock.monotonic()).toBeLessThanOrEqual(MINUTE_MS + 250);
  });

  it('holds the next request back for no longer than a minute after a refusal for years', async () => {
    const clock = createFakeClock();
    const pace = createRequestPace(clock);
    await pace.take(signal);
    pace.refused(1e12);
    const stop = new AbortController();
    clock.after(1.5 * MINUTE_MS, () => stop.abort());
    const next = pace.take(stop.signal).then(() => 'begun');
    const [result] = await Promise.all([next.catch(() => 'held back'), clock.advance(2 * MINUTE_MS)]);
    expect(result).toBe('begun');
  });

  it('ends a wait with its signal, and gives its place to the next', async () => {
    const clock = createFakeClock();
    const pace = createRequestPace(clock, 1);
    const stop = new AbortController();
    await pace.take(signal);
    const stopped = errorOf(() => pace.take(stop.signal));
    const next = pace.take(signal).then(() => clock.monotonic());
    stop.abort(new Error('enough'));
    expect(await stopped).toMatchObject({ message: 'enough' });
    expect(await clock.runUntilSettled(next)).toBeLessThan(1100);
  });
});
