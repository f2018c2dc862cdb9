import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { partSpans } from '../../../src/plan/part-spans.ts';
import { planRanges } from '../../../src/plan/ranges.ts';

/** The ranges of an upload of ten parts whose numbers are given. */
const parts = (...numbers: readonly number[]) =>
  planRanges(100, 10).filter(({ index }) => numbers.includes(index + 1));

describe('the spans of parts', () => {
  it.each([
    [[], []],
    [[5], ['5-5']],
    [[1, 2, 3], ['1-3']],
    [
      [3, 7, 8, 9],
      ['3-3', '7-9'],
    ],
    [
      [1, 3, 5],
      ['1-1', '3-3', '5-5'],
    ],
  ])('of %j are %j', (numbers, spans) => {
    expect(partSpans(parts(...numbers)).map(({ first, last }) => `${first}-${last}`)).toEqual(spans);
  });

  it('name each part once, and never two that follow each other apart', () => {
    fc.assert(
      fc.property(fc.uniqueArray(fc.integer({ min: 1, max: 10 })), (numbers) => {
        const spans = partSpans(parts(...numbers));
        const named = spans.flatMap(({ first, last }) =>
          Array.from({ length: last - first + 1 }, (_, offset) => first + offset),
        );
        expect(named).toEqual([...numbers].sort((a, b) => a - b));
        spans.slice(1).forEach(({ first }, index) => {
          expect(first).toBeGreaterThan((spans[index]?.last ?? 0) + 1);
        });
      }),
    );
  });
});
