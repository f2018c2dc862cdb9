import { describe, expect, it } from 'vitest';
import { nearWord } from '../../../src/cli/near-word.ts';

const KEYS = ['baseUrl', 'partSize', 'concurrency', 'retries', 'waitLock', 'progress', 'progressInterval'];

describe('the near word', () => {
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
  ])('of %s is %s', (word, near) => {
    expect(nearWord(word, KEYS)).toBe(near);
  });

  it.each(['', 'x', 'wat', 'model', 'temperature', '---'])('of %j is none', (word) => {
    expect(nearWord(word, KEYS)).toBeUndefined();
  });

  it('is none among none', () => {
    expect(nearWord('retries', [])).toBeUndefined();
  });
});
