import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { createRateLimit } from '../../../src/transfer/rate-limit.ts';
import { createFakeClock } from '../../helpers/fake-clock.ts';
import { errorOf } from '../../helpers/temporary.ts';

const { signal } = new AbortController();

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
              for await (const piece of limit.pieces(Buffer.alloc(size), signal)) {
                sent.push({ at: clock.monotonic(), bytes: piece.length });
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

  it('gives the bytes in order, as copies that stay when the chunk is used again', async () => {
    const clock = createFakeClock();
    const chunk = Buffer.from(Array.from({ length: 1000 }, (_, index) => index % 251));
    const whole = Buffer.from(chunk);
    const pieces: Uint8Array[] = [];
    const take = async () => {
      for await (const piece of createRateLimit(clock, 2000).pieces(chunk, signal)) pieces.push(piece);
    };
    await clock.runUntilSettled(take());
    chunk.fill(0);
    expect(pieces.map(({ length }) => length)).toEqual([200, 200, 200, 200, 200]);
    expect(Buffer.concat(pieces).equals(whole)).toBe(true);
  });

  it('saves no unused time up', async () => {
    const clock = createFakeClock();
    const limit = createRateLimit(clock, 1000);
    await clock.advance(60_000);
    const take = async () => {
      for await (const _ of limit.pieces(Buffer.alloc(1000), signal));
    };
    await clock.runUntilSettled(take());
    expect(clock.monotonic()).toBe(60_900);
  });

  it('ends its wait when it is to stop', async () => {
    const stop = new AbortController();
    const clock = createFakeClock();
    const pieces = createRateLimit(clock, 1000).pieces(Buffer.alloc(1000), stop.signal);
    const ending = errorOf(async () => {
      for await (const _ of pieces);
    });
    await clock.advance(150);
    stop.abort(new Error('enough'));
    expect(await ending).toMatchObject({ message: 'enough' });
  });
});
