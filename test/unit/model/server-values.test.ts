import { describe, expect, it } from 'vitest';
import { isId } from '../../../src/model/server-values.ts';

describe('an id', () => {
  it.each(['upload_1', '...', 'é/%', '上传', '😀', 'x'.repeat(500), '上'.repeat(500)])('may be %j', (id) => {
    expect(isId(id)).toBe(true);
  });

  it.each([
    '',
    '.',
    '..',
    'a b',
    'a\n',
    '上 传',
    'é\u202e',
    '\ud800',
    'x'.repeat(501),
    '上'.repeat(501),
    1,
    null,
  ])('may not be %j', (id) => {
    expect(isId(id)).toBe(false);
  });
});
