import { describe, expect, it } from 'vitest';
import { connectionFromEnvironment } from '../../../src/options/environment.ts';

const headersIn = (text: string) => connectionFromEnvironment({ OPENAI_CUSTOM_HEADERS: text }).headers;

describe('OPENAI_CUSTOM_HEADERS', () => {
  it.each([
    ['X-Team: blue', { 'x-team': 'blue' }],
    ['  X-Team :  a: b  \r\n\nY:', { 'x-team': 'a: b', y: '' }],
  ])('%j is %j', (text, headers) => {
    expect(headersIn(text)).toEqual(headers);
  });

  it.each(['X-Team', ': blue', 'X Team: blue', 'X-Tëam: blue'])('%j is refused', (text) => {
    expect(() => headersIn(text)).toThrow(expect.objectContaining({ code: 'usage' }));
  });

  it('of any length is read in a moment', () => {
    // What grows with the square of the length takes longer than a test may.
    expect(headersIn(`x:${' a'.padEnd(2_000_000)}b`)?.x).toHaveLength(2_000_000);
  });
});
