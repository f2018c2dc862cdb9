import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { countParts, missingSpans, partSpans, type Span, totalLength } from '../../../src/plan/ranges.ts';

/** Cuts a file at random places, and keeps some of the pieces. */
const plans = fc
  .tuple(fc.integer({ min: 1, max: 100_000 }), fc.array(fc.nat(100_000)), fc.infiniteStream(fc.boolean()))
  .map(([bytes, cuts, choices]) => {
    const ends = [...new Set([...cuts.filter((cut) => cut > 0 && cut < bytes), bytes])].sort((a, b) => a - b);
    const spans = ends.map((end, at) => ({ offset: ends[at - 1] ?? 0, length: end - (ends[at - 1] ?? 0) }));
    return { bytes, sent: spans.filter(() => choices.next().value) };
  });

describe('what is missing', () => {
  it('is all that no part covers, in file order, without two that touch', () => {
    fc.assert(
      fc.property(plans, ({ bytes, sent }) => {
        const missing = missingSpans(bytes, sent.toReversed());
        expect(totalLength(missing) + totalLength(sent)).toBe(bytes);

        const inOrder = [...missing, ...sent].sort((a, b) => a.offset - b.offset);
        let end = 0;
        for (const { offset, length } of inOrder) {
          expect(offset).toBe(end);
          end = offset + length;
        }
        for (const [at, { offset, length }] of missing.entries())
          expect(missing[at + 1]?.offset).not.toBe(offset + length);
      }),
    );
  });
});

describe('the number of parts', () => {
  it.each([
    [25, { partBytes: 10, minPartBytes: 1 }, 3],
    [10, { partBytes: 10, minPartBytes: 1 }, 1],
    [100, { partBytes: null, minPartBytes: 100 }, 1],
    [101, { partBytes: null, minPartBytes: 100 }, null],
  ])('of %i bytes with %j is %j', (bytes, sizes, parts) => {
    expect(countParts(bytes, sizes)).toBe(parts);
  });
});

describe('missing parts of a fixed size', () => {
  const span = (offset: number, length: number): Span => ({ offset, length });

  it.each([
    [[], []],
    [[span(40, 10)], [{ first: 5, last: 5 }]],
    [[span(0, 30)], [{ first: 1, last: 3 }]],
    [
      [span(20, 10), span(60, 35)],
      [
        { first: 3, last: 3 },
        { first: 7, last: 10 },
      ],
    ],
  ])('of %j are the numbers %j', (missing, numbers) => {
    expect(partSpans(missing, 10)).toEqual(numbers);
  });
});
