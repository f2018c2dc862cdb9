import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { measurePlaces, readPlaces } from '../../../src/plan/slice-cursor.js';
import { createPlacesWriter } from '../../../src/plan/write-places.ts';

type Slice = readonly [offset: number, length: number];

function written(slices: readonly Slice[]): string {
  const writer = createPlacesWriter();
  for (const [offset, length] of slices) writer.add(offset, length);
  return writer.text();
}

function read(places: string): readonly Slice[] {
  const slices: Slice[] = [];
  const reader = readPlaces(places);
  for (let slice = reader.next(); slice !== undefined; slice = reader.next())
    slices.push([slice.offset, slice.length]);
  return slices;
}

describe('the places of slices', () => {
  it('are read back as they were written', () => {
    const numbers = fc.oneof(fc.integer({ min: 1, max: 300 }), fc.integer({ min: 1, max: 2 ** 45 }));
    fc.assert(
      fc.property(fc.array(fc.tuple(numbers, numbers), { minLength: 1, maxLength: 60 }), (steps) => {
        let end = 0;
        const slices = steps.map(([gap, length]): Slice => {
          const offset = end + gap;
          end = offset + length;
          return [offset, length];
        });
        const places = written(slices);
        expect(read(places)).toEqual(slices);
        expect(measurePlaces(places)).toEqual({
          bytes: slices.reduce((sum, [, length]) => sum + length, 0),
          end,
        });
      }),
    );
  });

  it('are one where one slice follows another without a gap', () => {
    expect(
      read(
        written([
          [0, 10],
          [10, 5],
          [15, 1],
          [20, 4],
          [24, 1],
        ]),
      ),
    ).toEqual([
      [0, 16],
      [20, 5],
    ]);
  });

  it('of 50,000 lines of other uploads in turn take some five bytes each', () => {
    const places = written(Array.from({ length: 50_000 }, (_, n) => [n * 3000, 1000 + (n % 7)]));
    expect(places.length).toBeLessThan(50_000 * 5.5);
  });

  it.each(['', 'gA==', 'AAA=', 'BQ=='])('are none when they are written as %j', (places) => {
    expect(measurePlaces(places)).toBeUndefined();
  });
});
