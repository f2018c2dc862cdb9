import { describe, expect, it } from 'vitest';
import { dateOf, type Headers, requestLimitOf, retryAfterMs } from '../../../src/api/headers.ts';

const NOW = Date.UTC(2030, 0, 1, 12, 0, 0);
const date = (seconds: number) => new Date(NOW + seconds * 1000).toUTCString();

describe('retryAfterMs', () => {
  it.each<[string, Headers, number | undefined]>([
    ['nothing', {}, undefined],
    ['milliseconds', { 'retry-after-ms': '1500' }, 1500],
    ['milliseconds before seconds', { 'retry-after-ms': '0', 'retry-after': '5' }, 0],
    ['seconds when the milliseconds are nonsense', { 'retry-after-ms': 'soon', 'retry-after': '5' }, 5000],
    ['seconds', { 'retry-after': '30' }, 30_000],
    ['fractions of a second', { 'retry-after': '0.25' }, 250],
    ['no wait', { 'retry-after': '0' }, 0],
    ['a date, by our clock', { 'retry-after': date(90) }, 90_000],
    ['a date, by the server’s own', { 'retry-after': date(3690), date: date(3600) }, 90_000],
    ['a date, beside a Date long ago', { 'retry-after': date(90), date: date(-1e8) }, 90_000],
    ['a date that is over', { 'retry-after': date(-90) }, 0],
    ['a date, when the server’s own is nonsense', { 'retry-after': date(9), date: 'noon' }, 9000],
    ['nothing in it', { 'retry-after': ' ', 'retry-after-ms': '' }, undefined],
    ['words', { 'retry-after': 'soon' }, undefined],
    ['no end', { 'retry-after': 'Infinity' }, undefined],
    ['two values', { 'retry-after': ['1', '2'] }, undefined],
    ['less than nothing in milliseconds', { 'retry-after-ms': '-5' }, undefined],
  ])('understands %s', (_, headers, expected) => {
    expect(retryAfterMs(headers, NOW)).toBe(expected);
  });

  it.each([['-1'], ['1 wait'], ['5 5'], ['wait 1']])(
    'takes the nonsense %j for nothing, not for a date long ago',
    (value) => {
      expect(retryAfterMs({ 'retry-after': value }, NOW)).toBeUndefined();
    },
  );
});

describe('dateOf', () => {
  it('reads an HTTP date, and nothing else', () => {
    expect(dateOf('Tue, 01 Jan 2030 12:00:00 GMT')).toBe(NOW);
    expect(dateOf('yesterday')).toBeUndefined();
    expect(dateOf(undefined)).toBeUndefined();
    expect(dateOf(['Tue, 01 Jan 2030 12:00:00 GMT'])).toBeUndefined();
  });
});

describe('requestLimitOf', () => {
  const headers = (limit: string, remaining: string, reset: string): Headers => ({
    'x-ratelimit-limit-requests': limit,
    'x-ratelimit-remaining-requests': remaining,
    'x-ratelimit-reset-requests': reset,
  });

  it.each([
    ['60ms', 60],
    ['1s', 1000],
    ['6m0s', 360_000],
    ['1h2m3.5s', 3_723_500],
    ['1d', 86_400_000],
    ['8.64', 8640],
  ])('reads a reset in %s', (reset, resetMs) => {
    expect(requestLimitOf(headers('1000', '999', reset))).toEqual({ limit: 1000, remaining: 999, resetMs });
  });

  it.each([
    [{}],
    [{ 'x-ratelimit-remaining-requests': '5' }],
    [headers('0', '0', '1s')],
    [headers('10', '-1', '1s')],
    [headers('10', '11', '1s')],
    [headers('10', '5', 'soon')],
    [headers('10', '5', '1s!')],
    [headers('10', '5', '')],
  ])('takes %j for nothing', (nonsense) => {
    expect(requestLimitOf(nonsense)).toBeUndefined();
  });
});
