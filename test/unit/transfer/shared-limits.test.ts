import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { createRateLimit } from '../../../src/transfer/shared-limits.ts';
import { createFakeClock } from '../../helpers/fake-clock.ts';
import { errorOf } from '../../helpers/temporary.ts';

const { signal } = new AbortController();
const ignore = () => undefined;

describe('the rate limit', () => {
  it('lets no more through in any second than allowed, give or take a tenth, and no less over all', async () => {
    const chunks = fc.array(fc.integer({ min: 1, max: 70_000 }), { minLength: 1, maxLength: 6 });
    await fc.assert(
      fc.asyncProperty(
        fc.array(chunks, { minLength: 1, maxLength: 4 }),
        fc.integer({ min: 1000, max: 50_000 }),
        async (senders, bytesPerSecond) => {
          const clock = createFakeClock();
          const limit = createRateLimit(clock, bytesPerSecond);
          const sent: { at: number; bytes: number }[] = [];
          const send = async (sizes: readonly number[]) => {
            for (const size of sizes) {
              for (let left = size; left > 0; left -= limit.pieceBytes) {
                const bytes = Math.min(left, limit.pieceBytes);
                await limit.take(bytes, signal, ignore);
                sent.push({ at: clock.monotonic(), bytes });
              }
            }
          };
          await clock.runUntilSettled(Promise.all(senders.map(send)));
          const total = senders.flat().reduce((a, b) => a + b);
          expect(sent.reduce((sum, { bytes }) => sum + bytes, 0)).toBe(total);
          for (const { at } of sent) {
            const second = sent.filter((other) => other.at >= at && other.at < at + 1000);
            const bytes = second.reduce((sum, other) => sum + other.bytes, 0);
            expect(bytes).toBeLessThanOrEqual(bytesPerSecond * 1.1 + 1);
          }
          expect(clock.monotonic() / 1000).toBeLessThanOrEqual(total / bytesPerSecond + 0.001);
        },
      ),
      { numRuns: 30 },
    );
  });

  it('tells who waits for long that it is not standing still', async () => {
    const clock = createFakeClock();
    const limit = createRateLimit(clock, 1000);
    const told: number[] = [];
    await limit.take(3000, signal, ignore);
    await clock.runUntilSettled(limit.take(10, signal, () => told.push(clock.monotonic())));
    expect(told).toEqual([500, 1000, 1500, 2000, 2500, 3000]);
  });

  it('saves no unused time up', async () => {
    const clock = createFakeClock();
    const limit = createRateLimit(clock, 1000);
    await clock.advance(60_000);
    for (let piece = 0; piece < 10; piece += 1) {
      await clock.runUntilSettled(limit.take(limit.pieceBytes, signal, ignore));
    }
    expect(clock.monotonic()).toBe(60_900);
  });

  it('ends its wait when it is to stop', async () => {
    const stop = new AbortController();
    const clock = createFakeClock();
    const limit = createRateLimit(clock, 1000);
    await limit.take(1000, stop.signal, ignore);
    const ending = errorOf(() => limit.take(100, stop.signal, ignore));
    await clock.advance(150);
    stop.abort(new Error('enough'));
    expect(await ending).toMatchObject({ message: 'enough' });
  });
});
