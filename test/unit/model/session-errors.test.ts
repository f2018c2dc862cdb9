import { describe, expect, it } from 'vitest';
import { unreadable, unwritable } from '../../../src/model/session-errors.ts';

const withCode = (code: string) => Object.assign(new Error('low-level words'), { code });

describe('what to do about a record that cannot be written', () => {
  it.each([
    ['ENOSPC', /^Free some space/],
    ['EDQUOT', /^Free some space/],
    ['EACCES', /^Fix the permissions/],
    ['EROFS', /^Fix the permissions/],
    ['EMFILE', /ulimit -n/],
    ['EIO', /^Check the disk/],
  ])('after %s goes by that cause', (code, hint) => {
    expect(unwritable('/state/a.json', withCode(code)).hint).toMatch(hint);
  });

  it('or read goes by the cause too', () => {
    expect(unreadable('/state/a.json', withCode('EMFILE')).hint).toMatch(/ulimit -n/);
  });
});
