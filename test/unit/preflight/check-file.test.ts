import { describe, expect, it } from 'vitest';
import { checkFile } from '../../../src/preflight/check-file.ts';

const check = (bytes: number) => () => checkFile({ path: '/data/a.bin', bytes });

describe('the check of a file', () => {
  it.each([1, 8_000_000_000, 8 * 1024 ** 3])('lets %i bytes pass', (bytes) => {
    expect(check(bytes)).not.toThrow();
  });

  it('refuses an empty file', () => {
    expect(check(0)).toThrow(
      expect.objectContaining({ code: 'source_empty', facts: { path: '/data/a.bin' } }),
    );
  });

  it('refuses a byte more than 8 GiB, and tells the size', () => {
    expect(check(8 * 1024 ** 3 + 1)).toThrow(
      expect.objectContaining({
        code: 'source_too_large',
        message: expect.stringContaining('8,589,934,593 bytes'),
      }),
    );
  });
});
