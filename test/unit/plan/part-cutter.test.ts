import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { createPartCutter } from '../../../src/plan/part-cutter.ts';
import { DEFAULT_MAX_PART_BYTES, MAX_PARTS, type Range, totalLength } from '../../../src/plan/ranges.ts';

const MB = 1_000_000;
const bySpeed = { partBytes: null, minPartBytes: MB };

function cutAll(cutter: ReturnType<typeof createPartCutter>, wanted: () => number): Range[] {
  const ranges: Range[] = [];
  for (let range = cutter.cut(wanted()); range !== undefined; range = cutter.cut(wanted()))
    ranges.push(range);
  return ranges;
}

describe('the cutter', () => {
  it('covers what is missing without gap or overlap, whatever is wanted and halved', () => {
    const sizes = fc.infiniteStream(fc.integer({ min: 0, max: 100 * MB }));
    const halvings = fc.infiniteStream(fc.boolean());
    fc.assert(
      fc.property(fc.integer({ min: 1, max: 900 * MB }), sizes, halvings, (bytes, wanted, halved) => {
        const cutter = createPartCutter([{ offset: 5, length: bytes }], bySpeed, 0);
        const ranges: Range[] = [];
        for (let range = cutter.cut(wanted.next().value); range; range = cutter.cut(wanted.next().value))
          ranges.push(halved.next().value ? cutter.halve(range, false) : range);

        let end = 5;
        for (const { offset, length } of ranges.toSorted((a, b) => a.offset - b.offset)) {
          expect(offset).toBe(end);
          end = offset + length;
        }
        expect(end).toBe(5 + bytes);
        expect(new Set(ranges.map(({ index }) => index)).size).toBe(ranges.length);
        for (const { length } of ranges.slice(0, -1))
          expect(length).toBeLessThanOrEqual(DEFAULT_MAX_PART_BYTES);
      }),
      { numRuns: 200 },
    );
  });

  it('makes no part too small, not even of the rest', () => {
    for (const bytes of [MB, 1.5 * MB, 1.99 * MB, 2 * MB, 3.7 * MB, 64.5 * MB]) {
      const lengths = cutAll(createPartCutter([{ offset: 0, length: bytes }], bySpeed, 0), () => 0).map(
        ({ length }) => length,
      );
      expect(Math.min(...lengths)).toBeGreaterThanOrEqual(MB);
      expect(lengths.reduce((a, b) => a + b)).toBe(bytes);
    }
  });

  it('makes parts of one size where the smallest would leave too much for the last', () => {
    const cutter = createPartCutter([{ offset: 0, length: 4.8 * MB }], bySpeed, 0);
    expect(cutAll(cutter, () => 0).map(({ length }) => length)).toEqual(
      [1.2, 1.2, 1.2, 1.2].map((n) => n * MB),
    );
  });

  it('stays within the number of parts that an upload can have', () => {
    const cutter = createPartCutter([{ offset: 0, length: 50_000 }], { partBytes: null, minPartBytes: 1 }, 0);
    expect(cutAll(cutter, () => 1).length).toBeLessThanOrEqual(MAX_PARTS);
  });

  it('cuts the oldest bytes first, those that came back included', () => {
    const cutter = createPartCutter([{ offset: 0, length: 100 * MB }], bySpeed, 7);
    const first = cutter.cut(10 * MB);
    expect(first).toEqual({ index: 7, offset: 0, length: 10 * MB });
    expect(cutter.cut(10 * MB)).toMatchObject({ index: 8, offset: 10 * MB });
    expect(first && cutter.halve(first, false)).toEqual({ index: 7, offset: 0, length: 5 * MB });
    expect(cutter.cut(64 * MB)).toEqual({ index: 9, offset: 5 * MB, length: 5 * MB });
    expect(cutter.cut(64 * MB)).toMatchObject({ index: 10, offset: 20 * MB });
  });

  it('keeps a fixed size, in whatever gaps, and halves nothing of it', () => {
    const missing = [
      { offset: 10, length: 20 },
      { offset: 50, length: 7 },
    ];
    const cutter = createPartCutter(missing, { partBytes: 10, minPartBytes: 1 }, 0);
    expect(cutter.restBytes()).toBe(27);
    const ranges = cutAll(cutter, () => 3);
    expect(ranges).toEqual([
      { index: 1, offset: 10, length: 10 },
      { index: 2, offset: 20, length: 10 },
      { index: 5, offset: 50, length: 7 },
    ]);
    expect(totalLength(ranges.map((range) => cutter.halve(range, true)))).toBe(27);
  });

  it('goes below the smallest size after the second cut, further for a part that was cut before, and never for a server that wants more', () => {
    const cutter = createPartCutter([{ offset: 0, length: 10 * MB }], bySpeed, 0);
    const first = cutter.cut(MB);
    expect(first && cutter.halve(first, false).length).toBe(MB);
    const half = first && cutter.halve(first, false);
    expect(half?.length).toBe(MB / 2);
    expect(half && cutter.halve(half, false).length).toBe(MB / 2);
    expect(half && cutter.halve(half, true).length).toBe(MB / 4);

    const large = createPartCutter(
      [{ offset: 0, length: 80 * MB }],
      { partBytes: null, minPartBytes: 8 * MB },
      0,
    );
    const part = large.cut(0);
    expect(part && large.halve(part, true).length).toBe(8 * MB);
  });

  it('makes a part smaller that the server refuses, down to the smallest, and all that follow', () => {
    const cutter = createPartCutter([{ offset: 0, length: 20 * MB }], bySpeed, 0);
    const first = cutter.cut(6 * MB);
    const second = cutter.cut(6 * MB);
    expect(first && cutter.shrink(first)).toEqual({ index: 0, offset: 0, length: 3 * MB });
    expect(second && cutter.shrink(second).length).toBe(3 * MB);
    const third = cutter.cut(6 * MB);
    expect(third).toEqual({ index: 2, offset: 3 * MB, length: 3 * MB });
    const smallest = third && cutter.shrink(cutter.shrink(third));
    expect([smallest?.length, cutter.maxPartBytes()]).toEqual([MB, MB]);
    expect(cutter.cut(6 * MB)?.length).toBe(MB);
    expect(cutter.restBytes()).toBe(20 * MB - 3 * MB - 3 * MB - MB - MB);
  });

  it('stays at the longest part that got through once longer ones were cut off three times', () => {
    const cutter = createPartCutter([{ offset: 0, length: 42 * MB }], bySpeed, 0);
    cutter.taken({ index: 0, offset: 42 * MB, length: 2 * MB });
    for (let cuts = 1; cuts <= 3; cuts += 1) {
      const long = cutter.cut(3 * MB) as Range;
      expect(long.length).toBe(3 * MB);
      cutter.halve(long, false);
      // Cut at the same time, which says no more.
      cutter.halve(long, false);
      cutter.taken({ ...long, length: 2 * MB });
      while (cutter.restBytes() % (3 * MB) !== 0) cutter.cut(MB);
    }
    const rest = cutAll(cutter, () => 3 * MB);
    expect(Math.max(...rest.map(({ length }) => length))).toBe(2 * MB);
    expect(cutter.maxPartBytes()).toBe(DEFAULT_MAX_PART_BYTES);
  });

  it('begins with the largest size that is known, but not below the smallest that is asked for', () => {
    const whole = [{ offset: 0, length: 20 * MB }];
    expect(createPartCutter(whole, { ...bySpeed, maxPartBytes: 2 * MB }, 0).cut(9 * MB)?.length).toBe(2 * MB);
    const large = { partBytes: null, minPartBytes: 8 * MB, maxPartBytes: MB };
    expect(createPartCutter(whole, large, 0).cut(9 * MB)?.length).toBe(8 * MB);
  });
});
