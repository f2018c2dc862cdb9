import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { formatBytes, formatDuration } from '../../../src/ui/format.ts';

describe('bytes', () => {
  it.each([
    [0, '0 B'],
    [1, '1 B'],
    [12.4, '12 B'],
    [999, '999 B'],
    [1000, '1.0 kB'],
    [1049, '1.0 kB'],
    [999_949, '999.9 kB'],
    [999_950, '1.0 MB'],
    [12_500_000, '12.5 MB'],
    [8_589_934_592, '8.6 GB'],
    [1_500_000_000_000, '1500.0 GB'],
  ])('%d are %s', (bytes, text) => {
    expect(formatBytes(bytes)).toBe(text);
  });

  it('never make a thousand of a smaller unit', () => {
    expect(formatBytes(999.6)).toBe('1.0 kB');
  });

  it('of a whole number never make a thousand of a unit that has a larger one', () => {
    fc.assert(
      fc.property(fc.nat(2 ** 31 - 1), (bytes) => {
        expect(formatBytes(bytes)).toMatch(/^\d{1,3}(\.\d)? (B|kB|MB|GB)$/);
      }),
    );
  });
});

describe('a duration', () => {
  it.each([
    [0, '0.0 s'],
    [-5, '0.0 s'],
    [449, '0.4 s'],
    [9900, '9.9 s'],
    [12_000, '12 s'],
    [59_400, '59 s'],
    [59_600, '1 min'],
    [60_000, '1 min'],
    [200_000, '3 min 20 s'],
    [3_599_600, '1 h'],
    [3_600_000, '1 h'],
    [3_900_000, '1 h 5 min'],
    [90_000_000, '25 h'],
  ])('of %d ms is %s', (ms, text) => {
    expect(formatDuration(ms)).toBe(text);
  });
});
