import { describe, expect, it } from 'vitest';
import { keyFault } from '../../../src/api/key.ts';

describe('what cannot be a key', () => {
  it.each([
    ['"sk-1"', 'is in quotes'],
    ["'sk-1", 'is in quotes'],
    ['“sk-1”', 'is in quotes'],
    ['Bearer sk-1', 'begins with "Bearer"'],
    ['Authorization: Bearer sk-1', 'begins with "Bearer"'],
    ['export OPENAI_API_KEY=sk-1', 'begins with the name of a variable'],
    ['sk-1\n', 'holds a line break'],
    ['sk-1\\n', 'holds a line break'],
    ['sk-1\r', 'holds a line break'],
    [' sk-1', 'holds white space'],
    ['sk 1', 'holds white space'],
    ['  ', 'is empty'],
    ['sk-ä', 'contains characters that no key has'],
  ])('%j %s', (key, what) => {
    expect(keyFault(key)?.what).toBe(what);
  });

  it.each(['sk-proj-a/b+c=d&e"f\\g_h', 'Bearerless', 'eyJ.a-b_c.d=='])('%j may be one', (key) => {
    expect(keyFault(key)).toBeUndefined();
  });
});
