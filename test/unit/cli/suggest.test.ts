import { describe, expect, it } from 'vitest';
import { suggest } from '../../../src/cli/suggest.ts';

const KEYS = ['baseUrl', 'partSize', 'concurrency', 'retries', 'waitLock', 'progress', 'progressInterval'];

describe('the suggestion', () => {
  it.each([
    ['concurency', 'concurrency'],
    ['Concurrency', 'concurrency'],
    ['part-size', 'partSize'],
    ['--part-size', 'partSize'],
    ['part_siez', 'partSize'],
    ['BASE_URL', 'baseUrl'],
    ['retires', 'retries'],
    ['progres', 'progress'],
    ['progressinterval', 'progressInterval'],
    ['waitLocks', 'waitLock'],
  ])('for %s is %s', (word, near) => {
    expect(suggest(word, KEYS)).toBe(near);
  });

  it.each(['', 'x', 'wat', 'model', 'temperature', '---'])('for %j is none', (word) => {
    expect(suggest(word, KEYS)).toBeUndefined();
  });

  it('is none among none', () => {
    expect(suggest('retries', [])).toBeUndefined();
  });
});
