import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { adaptiveConcurrency } from '../../../src/transfer/adaptive-concurrency.ts';
import { createFakeClock } from '../../helpers/fake-clock.ts';
import { type Link, MB, sendOver } from '../../helpers/simulate-link.ts';

type Scene = 'one file' | 'ten files' | 'a resume';

function scene(name: Scene, bytes: number) {
  if (name === 'ten files') return { bytes: bytes / 10, files: 10 };
  if (name === 'one file') return { bytes };
  const piece = bytes / 5;
  return { bytes: 10 * piece, sent: [1, 3, 5, 7, 9].map((at) => ({ offset: at * piece, length: piece })) };
}

describe('sending with what the engine finds by itself', () => {
  /** The seconds are those of the best of twenty fixed settings, as `npm run bench -- --only links` finds it. */
  it.each<[number, number, string, Scene, number]>([
    [1, 20, 'steady', 'one file', 192.1],
    [1, 20, 'quarter', 'one file', 192.1],
    [1, 20, 'quarter', 'ten files', 192.1],
    [1, 200, 'quarter', 'a resume', 192.6],
    [1, 20, 'cut', 'ten files', 210.2],
    [1, 200, 'cut', 'a resume', 209.4],
    [8, 20, 'cut', 'one file', 154],
    [8, 20, 'cut', 'a resume', 154],
    [8, 20, 'quarter', 'one file', 150.1],
    [8, 200, 'quarter', 'ten files', 150.6],
    [50, 20, 'cut', 'one file', 149.5],
    [50, 200, 'quarter', 'ten files', 144.6],
    [400, 200, 'steady', 'one file', 121.6],
    [400, 200, 'quarter', 'a resume', 121],
  ])(
    'is nearly as fast as the best fixed setting: %d Mbit/s, %d ms, %s, %s',
    async (mbits, ms, kind, name, best) => {
      const rate = (mbits / 8) * MB;
      const link: Link = {
        totalBytesPerSecond: rate,
        roundTripMs: ms,
        ...(kind === 'cut' && { cutAfterMs: 45_000 }),
        ...(kind === 'quarter' && { connectionBytesPerSecond: rate / 4 }),
      };
      const what = scene(name, { 1: 24, 8: 150, 50: 900, 400: 6000 }[mbits]! * MB);
      const first = await sendOver({ ...what, link });
      const second = await sendOver({ ...what, link, ...(first.speed && { known: first.speed }) });
      expect(best / first.seconds).toBeGreaterThanOrEqual(0.95);
      expect(best / second.seconds).toBeGreaterThanOrEqual(0.95);
    },
  );

  it.each([0.03, 0.15, 0.5, 2])(
    'gets what one connection gets of %d MB/s, and keeps parts coming',
    async (megabytes) => {
      const link = { totalBytesPerSecond: megabytes * MB, roundTripMs: 50 };
      const sending = { bytes: Math.max(10, 150 * megabytes) * MB, link, bufferBytes: 0.3 * MB };
      const one = await sendOver({ ...sending, concurrency: 1, partBytes: 4 * MB });
      const { seconds, acknowledgedAt } = await sendOver(sending);
      expect(one.seconds / seconds).toBeGreaterThanOrEqual(0.98);
      const gaps = acknowledgedAt.map((at, part) => at - (acknowledgedAt[part - 1] ?? 0));
      if (megabytes > 0.1) expect(Math.max(...gaps)).toBeLessThanOrEqual(10_000);
    },
  );

  it('opens more before a part is acknowledged only when bytes leave faster with them', async () => {
    const connectionBytesPerSecond = 0.03 * MB;
    const link = { connectionBytesPerSecond, totalBytesPerSecond: 0.12 * MB, roundTripMs: 50 };
    const opened = await sendOver({ bytes: 40 * MB, link });
    expect(opened.acknowledgedAt.filter((at) => at < 50_000).length).toBeGreaterThanOrEqual(4);
    const hidden = await sendOver({ bytes: 40 * MB, link, bufferBytes: 4 * MB });
    expect(hidden.acknowledgedAt.filter((at) => at < 50_000)).toHaveLength(1);
    const shared = await sendOver({ bytes: 40 * MB, link: { ...link, totalBytesPerSecond: 0.03 * MB } });
    expect(shared.mostAtOnce).toBe(2);
  });

  it('begins with as many connections as the push before has found', async () => {
    const link = { connectionBytesPerSecond: 0.25 * MB, totalBytesPerSecond: 1 * MB, roundTripMs: 20 };
    const known = { concurrency: 4, bytesPerSecond: 0.25 * MB };
    const { acknowledgedAt, seconds } = await sendOver({ bytes: 100 * MB, link, known });
    expect(acknowledgedAt[3]).toBeLessThan(6000);
    expect(100 / seconds).toBeGreaterThanOrEqual(0.9);
  });

  it('searches again where the link has become slower since', async () => {
    const link = { totalBytesPerSecond: 1 * MB, roundTripMs: 20 };
    const known = { concurrency: 8, bytesPerSecond: 1 * MB };
    const { seconds, acknowledgedAt } = await sendOver({ bytes: 100 * MB, link, known });
    expect(acknowledgedAt[0]).toBeLessThanOrEqual(10_000);
    expect(100 / seconds).toBeGreaterThanOrEqual(0.95);
  });

  it('uses more than sixteen connections where each is slow', async () => {
    const link = { connectionBytesPerSecond: 1 * MB, roundTripMs: 30 };
    const { mostAtOnce, seconds } = await sendOver({ bytes: 2000 * MB, link });
    expect(mostAtOnce).toBeGreaterThan(32);
    expect(seconds).toBeLessThan(2000 / 25);
  });

  it('gets through where each connection lasts for 45 s, and loses little', async () => {
    const link = { totalBytesPerSecond: 0.125 * MB, roundTripMs: 50, cutAfterMs: 45_000 };
    const { seconds } = await sendOver({ bytes: 24 * MB, link });
    expect(seconds).toBeLessThanOrEqual(1.4 * (24 / 0.125));
  });

  it.each([4, 10, 20])('is hardly refused by a server that takes %i parts at once', async (partsAtOnce) => {
    const link = { connectionBytesPerSecond: 10 * MB, partsAtOnce, roundTripMs: 20 };
    const { refused, requests, seconds } = await sendOver({ bytes: 500 * partsAtOnce * MB, link });
    expect(refused / requests).toBeLessThanOrEqual(0.02);
    expect(50 / seconds).toBeGreaterThanOrEqual(0.85);
  });

  it('makes few requests on a fast link', async () => {
    const link = { connectionBytesPerSecond: 50 * MB, totalBytesPerSecond: 100 * MB, roundTripMs: 20 };
    const { requests } = await sendOver({ bytes: 8000 * MB, link });
    expect(requests).toBeLessThanOrEqual(8000 / 64 + 60);
  });

  it.each<[string, number, Link]>([
    ['1 Mbit/s', 12, { totalBytesPerSecond: 0.125 * MB, roundTripMs: 30 }],
    ['16 Mbit/s', 200, { totalBytesPerSecond: 2 * MB, roundTripMs: 30 }],
    ['400 Mbit/s', 5000, { totalBytesPerSecond: 50 * MB, roundTripMs: 30 }],
  ])(
    'foretells its end on a steady link of %s, whatever the system has buffered',
    async (_, megabytes, link) => {
      const { seconds, progress } = await sendOver({ bytes: megabytes * MB, link, bufferBytes: 4 * MB });
      const endMs = seconds * 1000;
      const counted = progress.filter(({ at }) => at > endMs / 5 && at < endMs * 0.95);
      expect(counted.length).toBeGreaterThan(10);
      for (const { at, progress } of counted) {
        expect(progress.restMs).toBeGreaterThan((endMs - at) * 0.75);
        expect(progress.restMs).toBeLessThan((endMs - at) * 1.25);
      }
    },
  );

  it.each([20, 200])('shares a line fairly with another push, at %i ms', async (roundTripMs) => {
    const link = { totalBytesPerSecond: 6 * MB, roundTripMs };
    const { secondsOfEach } = await sendOver({ bytes: 300 * MB, link, pushes: 2 });
    const [first = 0, second = 0] = secondsOfEach;
    expect(Math.min(first, second) / Math.max(first, second)).toBeGreaterThanOrEqual(0.9);
  });

  it('sends every byte once over any link', async () => {
    const anyLink = fc.record({
      totalBytesPerSecond: fc.constantFrom(0.05 * MB, 0.5 * MB, 5 * MB, 80 * MB),
      connectionBytesPerSecond: fc.constantFrom(0.05 * MB, 2 * MB, 1000 * MB),
      roundTripMs: fc.nat(400),
      cutAfterMs: fc.constantFrom(25_000, 60_000, 1e9),
      partsAtOnce: fc.constantFrom(1, 3, 17, 1000),
    });
    await fc.assert(
      fc.asyncProperty(anyLink, fc.integer({ min: 1, max: 60 * MB }), async (link, bytes) => {
        await sendOver({ bytes, link });
      }),
      { numRuns: 20 },
    );
  });
});

describe('the concurrency that finds its own number', () => {
  /** One that has come to its number of old. */
  function createAt(concurrency: number) {
    const clock = createFakeClock();
    const found = adaptiveConcurrency(clock, { concurrency, bytesPerSecond: MB });
    found.moved(1, Infinity);
    found.acknowledged({ bytes: MB, ms: 1000, others: 0, restBytes: Infinity });
    clock.stop(10_000);
    return { clock, found };
  }

  it('halves at a stall, loses one with a connection, and once for all that fail together', async () => {
    const { clock, found } = createAt(16);
    expect(found.limit).toBe(16);
    found.failed('cut');
    expect(found.limit).toBe(15);
    await clock.advance(1500);
    for (let part = 0; part < 5; part += 1) found.failed('stalled');
    expect(found.limit).toBe(8);
    for (let part = 0; part < 20; part += 1)
      found.acknowledged({ bytes: MB, ms: 1000, others: 4, restBytes: Infinity });
    expect(found.limit).toBeGreaterThanOrEqual(15);
  });

  it('begins with what was best of old only when the first part is about as fast', () => {
    const slow = adaptiveConcurrency(createFakeClock(), { concurrency: 16, bytesPerSecond: MB });
    expect(slow.limit).toBe(1);
    slow.acknowledged({ bytes: MB, ms: 5000, others: 0, restBytes: Infinity });
    expect(slow.limit).toBeLessThanOrEqual(2);
  });

  it('uses sixteen at once for small files', () => {
    const found = adaptiveConcurrency(createFakeClock());
    found.acknowledged({ bytes: 1000, ms: 5, others: 0, restBytes: Infinity });
    expect(found.limit).toBe(16);
  });

  it('comes back after a time in which all was refused', async () => {
    const { clock, found } = createAt(16);
    for (let second = 0; second < 6; second += 1) {
      await clock.advance(1000);
      found.refused(0);
    }
    expect(found.limit).toBeLessThanOrEqual(2);
    for (let part = 0; part < 30; part += 1)
      found.acknowledged({ bytes: MB, ms: 100, others: 3, restBytes: Infinity });
    expect(found.limit).toBeGreaterThanOrEqual(14);
  });
});
