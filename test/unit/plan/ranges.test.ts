import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { missingRanges, planRanges, totalLength } from '../../../src/plan/ranges.ts';

/** Sizes of files and parts that make at most a thousand parts. */
const plans = fc
  .tuple(fc.integer({ min: 1, max: 1000 }), fc.integer({ min: 1, max: 67_108_864 }), fc.nat())
  .map(([parts, partBytes, rest]) => ({
    partBytes,
    parts,
    fileBytes: (parts - 1) * partBytes + 1 + (rest % partBytes),
  }));

describe('planRanges', () => {
  it('covers the file without gap or overlap, in file order', () => {
    fc.assert(
      fc.property(plans, ({ fileBytes, partBytes, parts }) => {
        const ranges = planRanges(fileBytes, partBytes);
        expect(ranges).toHaveLength(parts);
        let end = 0;
        for (const [position, { index, offset, length }] of ranges.entries()) {
          expect([index, offset]).toEqual([position, end]);
          end = offset + length;
        }
        expect(end).toBe(fileBytes);
        expect(totalLength(ranges)).toBe(fileBytes);
      }),
      { numRuns: 50 },
    );
  });

  it('makes no part longer than asked, none empty, and only the last shorter', () => {
    fc.assert(
      fc.property(plans, ({ fileBytes, partBytes }) => {
        const lengths = planRanges(fileBytes, partBytes).map(({ length }) => length);
        expect(lengths.slice(0, -1).every((length) => length === partBytes)).toBe(true);
        expect(lengths.at(-1)).toBeGreaterThan(0);
        expect(lengths.at(-1)).toBeLessThanOrEqual(partBytes);
      }),
      { numRuns: 50 },
    );
  });

  it.each([
    [1, 1, [1]],
    [10, 10, [10]],
    [11, 10, [10, 1]],
    [9, 10, [9]],
  ])('cuts %i bytes by %i into %j', (fileBytes, partBytes, lengths) => {
    expect(planRanges(fileBytes, partBytes).map(({ length }) => length)).toEqual(lengths);
  });
});

describe('missingRanges', () => {
  it('is what no acknowledged part stands for, in file order', () => {
    fc.assert(
      fc.property(plans, fc.infiniteStream(fc.boolean()), ({ fileBytes, partBytes }, choices) => {
        const ranges = planRanges(fileBytes, partBytes);
        const acknowledged = ranges.filter(() => choices.next().value).reverse();
        const missing = missingRanges(ranges, acknowledged);
        expect(missing).toEqual(ranges.filter((range) => !acknowledged.includes(range)));
        expect(totalLength(missing) + totalLength(acknowledged)).toBe(fileBytes);
      }),
      { numRuns: 50 },
    );
  });
});
