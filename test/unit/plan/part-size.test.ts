import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import {
  choosePartBytes,
  DEFAULT_MAX_PART_BYTES,
  DEFAULT_MIN_PART_BYTES,
  MAX_PART_BYTES,
  MAX_PARTS,
} from '../../../src/plan/part-size.ts';
import { MAX_FILE_BYTES } from '../../../src/preflight/check-file.ts';

const fileSizes = fc.integer({ min: 1, max: MAX_FILE_BYTES });
const workers = fc.integer({ min: 1, max: 64 });

describe('choosePartBytes', () => {
  it('stays within 8 and 64 million bytes for every file and concurrency', () => {
    fc.assert(
      fc.property(fileSizes, workers, (fileBytes, concurrency) => {
        const partBytes = choosePartBytes(fileBytes, concurrency);
        expect(Number.isInteger(partBytes)).toBe(true);
        expect(partBytes).toBeGreaterThanOrEqual(8_000_000);
        expect(partBytes).toBeLessThanOrEqual(64_000_000);
        expect(fileBytes / partBytes).toBeLessThanOrEqual(MAX_PARTS);
      }),
    );
  });

  it('never gives a larger file smaller parts', () => {
    fc.assert(
      fc.property(fileSizes, fileSizes, workers, (a, b, concurrency) => {
        const [small, large] = [Math.min(a, b), Math.max(a, b)];
        expect(choosePartBytes(small, concurrency)).toBeLessThanOrEqual(choosePartBytes(large, concurrency));
      }),
    );
  });

  it.each([
    ['a tiny file', 10, 4, 8_000_000],
    ['a file of middle size', 320_000_000, 4, 20_000_000],
    ['a file that does not divide evenly', 320_000_001, 4, 20_000_001],
    ['the largest file', MAX_FILE_BYTES, 4, 64_000_000],
  ])('gives %s (%i bytes, %i at a time) parts of %i bytes', (_, fileBytes, concurrency, expected) => {
    expect(choosePartBytes(fileBytes, concurrency)).toBe(expected);
  });

  it('keeps its bounds in order', () => {
    expect(DEFAULT_MIN_PART_BYTES).toBeLessThan(DEFAULT_MAX_PART_BYTES);
    expect(DEFAULT_MAX_PART_BYTES).toBeLessThan(MAX_PART_BYTES);
  });
});
