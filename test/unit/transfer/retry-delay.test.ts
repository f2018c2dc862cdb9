import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { retryDelayMs } from '../../../src/transfer/retry-delay.ts';

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
