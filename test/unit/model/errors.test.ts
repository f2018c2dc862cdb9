import { describe, expect, it } from 'vitest';
import { isUploadError, systemCode, UploadError, withFacts } from '../../../src/model/errors.ts';

describe('an error of ours', () => {
  it('has no hint and is not retryable by default', () => {
    const error = new UploadError('usage', { message: 'wrong' });
    expect(error).toMatchObject({
      name: 'UploadError',
      code: 'usage',
      hint: '',
      isRetryable: false,
      facts: {},
    });
    expect(error.uploadId).toBeUndefined();
    expect('cause' in error).toBe(false);
  });

  it('keeps its cause, and gives the upload’s id from its facts', () => {
    const cause = new Error('below');
    const error = new UploadError('network', { message: 'm' }, { cause, uploadId: 'u' });
    expect([error.cause, error.uploadId]).toEqual([cause, 'u']);
  });

  it('is known by its shape, also when it comes from another copy of the package', () => {
    const foreign = Object.assign(new Error('m'), { name: 'UploadError', code: 'usage', facts: {} });
    expect(isUploadError(foreign)).toBe(true);
    for (const other of [
      new Error('m'),
      { name: 'UploadError', code: 'usage', facts: {} },
      null,
      'UploadError',
    ])
      expect(isUploadError(other)).toBe(false);
  });

  it('learns facts, but forgets none that it has', () => {
    const error = new UploadError(
      'network',
      { message: 'm', hint: 'h', isRetryable: true },
      { uploadId: 'mine', httpStatus: 502 },
    );
    const wiser = withFacts(error, { uploadId: 'yours', path: '/a' });
    expect(wiser).toMatchObject({
      code: 'network',
      message: 'm',
      hint: 'h',
      isRetryable: true,
      facts: { uploadId: 'mine', httpStatus: 502, path: '/a' },
    });
    const bug = new TypeError('a bug');
    expect(withFacts(bug, { path: '/a' })).toBe(bug);
  });
});

describe('the code of a system error', () => {
  it('is its text, when there is one', () => {
    expect(systemCode(Object.assign(new Error('m'), { code: 'ENOENT' }))).toBe('ENOENT');
    for (const other of [
      new Error('m'),
      Object.assign(new Error('m'), { code: 5 }),
      { code: 'ENOENT' },
      undefined,
    ])
      expect(systemCode(other)).toBeUndefined();
  });
});
