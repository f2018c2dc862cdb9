import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { parseDuration, parseShard, parseSize, parseWhole } from '../../../src/cli/parse-values.ts';

const NO_NUMBERS = [
  '',
  ' ',
  '-1',
  '+1',
  'NaN',
  'Infinity',
  '1e3',
  '0x10',
  '1,000',
  '1_000',
  '.5',
  '1.',
  'x',
  '٣',
];

describe('a size', () => {
  it.each([
    ['0', 0],
    ['1', 1],
    ['5B', 5],
    ['8kB', 8000],
    ['8KB', 8000],
    ['8MB', 8_000_000],
    ['8 MB', 8_000_000],
    ['8M', 8_000_000],
    ['8K', 8000],
    ['8Mi', 8_388_608],
    ['8MiB', 8_388_608],
    ['64MiB', 67_108_864],
    ['63.9MB', 63_900_000],
    ['0.5GiB', 536_870_912],
    ['1TB', 1_000_000_000_000],
    ['1TiB', 1_099_511_627_776],
    ['007', 7],
  ])('of %s is %i bytes', (text, bytes) => {
    expect(parseSize(text)).toBe(bytes);
  });

  it.each([
    ...NO_NUMBERS,
    '64mb',
    '64Mb',
    '64m',
    '64mib',
    ' 8MB',
    '8MB ',
    '8  MB',
    'MB',
    '1.5',
    '1.0001kB',
    '9007199254740993',
    '99999999TB',
    '8toString',
    '8constructor',
  ])('is not %j', (text) => {
    expect(() => parseSize(text)).toThrow('Write a size as 8MB');
  });

  it('is read back exactly in any unit', () => {
    const units = fc.constantFrom(['MB', 1e6] as const, ['MiB', 2 ** 20] as const, ['GB', 1e9] as const);
    fc.assert(
      fc.property(fc.nat(1_000_000), units, (count, [unit, bytes]) => {
        expect(parseSize(`${count}${unit}`)).toBe(count * bytes);
      }),
    );
  });
});

describe('a duration', () => {
  it.each([
    ['500ms', 500],
    ['30s', 30_000],
    ['1.5s', 1500],
    ['15m', 900_000],
    ['1h', 3_600_000],
    ['30d', 2_592_000_000],
    ['0s', 0],
  ])('of %s is %i ms', (text, ms) => {
    expect(parseDuration(text)).toBe(ms);
  });

  it.each([...NO_NUMBERS, '30', '30 s', '1H', '1min', '1h30m', '30S', '99999999999999d', '1toString'])(
    'is not %j',
    (text) => {
      expect(() => parseDuration(text)).toThrow('Write a duration as');
    },
  );
});

describe('a shard', () => {
  it.each([
    ['1/1', 1, 1],
    ['2/5', 2, 5],
    ['10000/10000', 10_000, 10_000],
  ])('%s is the %i-th of %i', (text, index, count) => {
    expect(parseShard(text)).toEqual({ index, count });
  });

  it.each([...NO_NUMBERS, '1', '0/1', '2/1', '1/0', '1 / 2', '1/2/3', '-1/2', '1/9007199254740993'])(
    'is not %j',
    (text) => {
      expect(() => parseShard(text)).toThrow('Write a shard as 2/5');
    },
  );
});

describe('a whole number', () => {
  it.each([
    ['0', 0],
    ['64', 64],
    ['007', 7],
  ])('%s is %i', (text, value) => {
    expect(parseWhole(text)).toBe(value);
  });

  it.each([...NO_NUMBERS, '1.5', '9007199254740993', '4 '])('is not %j', (text) => {
    expect(() => parseWhole(text)).toThrow('Write a whole number.');
  });
});
