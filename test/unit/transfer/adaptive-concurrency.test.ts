import { describe, expect, it } from 'vitest';
import { UploadError } from '../../../src/model/errors.ts';
import { adaptiveConcurrency } from '../../../src/transfer/adaptive-concurrency.ts';
import { type Concurrency, fixedConcurrency } from '../../../src/transfer/concurrency.ts';
import { createPool } from '../../../src/transfer/pool.ts';
import { createFakeClock, type FakeClock } from '../../helpers/fake-clock.ts';
import { overload } from './simulation.ts';

const MB = 1_000_000;
const TICK_MS = 50;

interface Link {
  readonly parts: number;
  readonly connectionBytesPerSecond?: number;
  readonly totalBytesPerSecond?: number;
  /** One more at once is refused. */
  readonly partsAtOnce?: number;
  /** As `partsAtOnce`, from the tenth second on. */
  readonly later?: number;
  /** From start to end; every attempt begun meanwhile is refused. */
  readonly trouble?: readonly [number, number];
}

/** Parts of 8 MB over a link that shares itself out evenly. */
async function send(link: Link, concurrencyOn: (clock: FakeClock) => Concurrency) {
  const {
    connectionBytesPerSecond = Infinity,
    totalBytesPerSecond = Infinity,
    partsAtOnce = Infinity,
  } = link;
  const clock = createFakeClock();
  const concurrency = concurrencyOn(clock);
  const pool = createPool(concurrency).join();
  const limits: { readonly at: number; readonly limit: number }[] = [];
  let inFlight = 0;
  let refused = 0;
  const attempt = async (onMoved: (bytes: number) => void) => {
    const isInTrouble =
      clock.monotonic() >= (link.trouble?.[0] ?? Infinity) && clock.monotonic() < (link.trouble?.[1] ?? 0);
    const atOnce = clock.monotonic() > 10_000 ? (link.later ?? partsAtOnce) : partsAtOnce;
    if (inFlight >= atOnce || isInTrouble) {
      refused += 1;
      await clock.sleep(TICK_MS);
      throw overload(0);
    }
    inFlight += 1;
    for (let moved = 0; moved < 8 * MB; ) {
      const before = inFlight;
      await clock.sleep(TICK_MS);
      const rate = Math.min(connectionBytesPerSecond, totalBytesPerSecond / before);
      moved = Math.min(8 * MB, moved + (rate * TICK_MS) / 1000);
      onMoved(moved);
      limits.push({ at: clock.monotonic(), limit: concurrency.limit });
    }
    inFlight -= 1;
  };
  const sendPart = async () => {
    for (;;) {
      try {
        return await pool.attempt(8 * MB, attempt);
      } catch {
        await clock.sleep(300);
      }
    }
  };
  await clock.runUntilSettled(Promise.all(Array.from({ length: link.parts }, () => pool.part(sendPart))));
  return { seconds: clock.monotonic() / 1000, refused, limits, last: limits.at(-1)?.limit ?? 0 };
}

const adaptive = (clock: FakeClock) => adaptiveConcurrency(clock);
const fixed = (count: number) => () => fixedConcurrency(count);

describe('the concurrency that finds its own number', () => {
  it.each([
    ['each connection has its own bound', { parts: 120, connectionBytesPerSecond: 4 * MB }],
    ['all of them share one', { parts: 60, totalBytesPerSecond: 20 * MB }],
    ['both', { parts: 100, connectionBytesPerSecond: 2 * MB, totalBytesPerSecond: 24 * MB }],
    ['it is a fast one', { parts: 1000, connectionBytesPerSecond: 40 * MB }],
    ['a slow one is shared', { parts: 20, totalBytesPerSecond: 0.4 * MB }],
    ['each connection is slow', { parts: 64, connectionBytesPerSecond: 0.6 * MB }],
  ])('is nearly as fast as the best fixed one when %s', async (_, link: Link) => {
    const ours = await send(link, adaptive);
    const others = await Promise.all([1, 2, 4, 8, 16].map((count) => send(link, fixed(count))));
    expect(Math.min(...others.map(({ seconds }) => seconds)) / ours.seconds).toBeGreaterThanOrEqual(0.9);
    expect(Math.max(...ours.limits.map(({ limit }) => limit))).toBeLessThanOrEqual(16);
  });

  it('begins with four, and opens no more where a part takes long as it is', async () => {
    const { limits } = await send({ parts: 8, totalBytesPerSecond: 0.8 * MB }, adaptive);
    expect(limits[0]?.limit).toBe(4);
    // Until the first parts are there.
    const opening = limits.filter(({ at }) => at < 30_000).map(({ limit }) => limit);
    expect(Math.max(...opening)).toBe(4);
  });

  it('does with fewer where fewer do', async () => {
    const { last } = await send({ parts: 2000, totalBytesPerSecond: 40 * MB }, adaptive);
    expect(last).toBeLessThan(12);
  });

  it('finds what a server takes at once with hardly a refusal, and stays there', async () => {
    const { refused, limits } = await send(
      { parts: 300, connectionBytesPerSecond: 10 * MB, partsAtOnce: 6 },
      adaptive,
    );
    expect(refused).toBeGreaterThan(0);
    expect(refused / 300).toBeLessThanOrEqual(0.03);
    const later = limits.slice(limits.length / 4).map(({ limit }) => limit);
    expect(Math.max(...later)).toBeLessThanOrEqual(7);
    expect(later.reduce((a, b) => a + b) / later.length).toBeGreaterThan(5);
  });

  it.each([
    ['a second', [5000, 6000]],
    ['five seconds', [5000, 10_000]],
    ['the first seconds', [0, 4000]],
  ] as const)('gets over %s in which everything is refused', async (_, trouble) => {
    const link: Link = { parts: 400, connectionBytesPerSecond: 10 * MB, trouble };
    const { limits } = await send(link, adaptive);
    const after = limits.filter(({ at }) => at > trouble[1] + 5000).map(({ limit }) => limit);
    expect(Math.min(...limits.filter(({ at }) => at > trouble[0]).map(({ limit }) => limit))).toBeLessThan(
      16,
    );
    expect(after.reduce((a, b) => a + b) / after.length).toBeGreaterThan(12);
  });

  it('learns that the server takes fewer than before', async () => {
    const link = { parts: 400, connectionBytesPerSecond: 10 * MB, partsAtOnce: 12, later: 5 };
    const { refused, last } = await send(link, adaptive);
    expect(last).toBeLessThanOrEqual(6);
    expect(refused / 400).toBeLessThanOrEqual(0.1);
  });

  it('halves at a stall, and once for all that stall together', async () => {
    const clock = createFakeClock();
    const concurrency = adaptiveConcurrency(clock);
    const pool = createPool(concurrency).join();
    const stall = new UploadError('stalled', { message: 'still', isRetryable: true });
    const failing = [1, 2, 3].map(() =>
      pool.attempt(8 * MB, () => Promise.reject(stall)).catch(() => undefined),
    );
    await Promise.all(failing);
    expect(concurrency.limit).toBe(2);
    await clock.advance(1500);
    await pool.attempt(8 * MB, () => Promise.reject(stall)).catch(() => undefined);
    expect(concurrency.limit).toBe(1);
    await clock.advance(1500);
    await pool.attempt(8 * MB, () => Promise.reject(stall)).catch(() => undefined);
    expect(concurrency.limit).toBe(1);
  });
});

describe('the pool', () => {
  it('lets one in after another, and passes over who does not come', async () => {
    const pool = createPool(fixedConcurrency(1));
    const visits = [pool.join(), pool.join()];
    let letIn = 0;
    const waiting = Array.from({ length: 20 }, () =>
      pool.whenReady().then(() => {
        letIn += 1;
      }),
    );
    await clockTurns(3);
    expect(letIn).toBe(0);
    for (const slot of visits) slot.release();
    await Promise.all(waiting);
    expect(letIn).toBe(20);
  });

  it('counts who has come before it lets in the next', async () => {
    const pool = createPool(fixedConcurrency(2));
    let inside = 0;
    for (let caller = 0; caller < 20; caller += 1) {
      void pool.whenReady().then(() => {
        pool.join();
        inside += 1;
      });
    }
    await clockTurns(50);
    // Two, and one to follow.
    expect(inside).toBe(3);
  });

  it('lets a refused part wait for its place when there are fewer places than before', async () => {
    const clock = createFakeClock();
    const concurrency = adaptiveConcurrency(clock);
    const pool = createPool(concurrency).join();
    let inFlight = 0;
    let most = 0;
    const send = async () => {
      inFlight += 1;
      most = Math.max(most, inFlight);
      await clock.sleep(1000);
      inFlight -= 1;
    };
    const first = [1, 2, 3].map(() => pool.attempt(8 * MB, send));
    await pool.attempt(8 * MB, () => Promise.reject(overload(0))).catch(() => undefined);
    expect(concurrency.limit).toBe(2);
    const again = pool.attempt(8 * MB, send);
    await clock.advance(999);
    expect([inFlight, most]).toEqual([3, 3]);
    await clock.runUntilSettled(Promise.all([...first, again]));
    expect(most).toBe(3);
  });
});

async function clockTurns(turns: number): Promise<void> {
  for (let turn = 0; turn < turns; turn += 1) await new Promise((resolve) => setImmediate(resolve));
}
