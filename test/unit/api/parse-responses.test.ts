import { describe, expect, it } from 'vitest';
import {
  parseCompletedFile,
  parseFileList,
  parsePartId,
  parseUpload,
} from '../../../src/api/parse-responses.ts';
import { fileOf } from '../../../src/model/server-values.ts';

const upload = { id: 'upload_1', created_at: 100, expires_at: 3700, extra: true };
const file = { id: 'file-1', object: 'file', bytes: null, unknown: { a: 1 } };

describe('the answer to create', () => {
  it('gives the id and whole seconds', () => {
    expect(parseUpload({ ...upload, created_at: 100.9 })).toEqual({
      id: 'upload_1',
      bytes: null,
      createdAt: 100,
      expiresAt: 3700,
    });
  });

  it.each([undefined, null, 'soon', Number.NaN, -1, 8_640_000_000_001])('need not have times: %j', (time) => {
    expect(parseUpload({ id: 'upload_1', created_at: time, expires_at: time })).toEqual({
      id: 'upload_1',
      bytes: null,
      createdAt: null,
      expiresAt: null,
    });
  });

  it.each([
    ['id', undefined],
    ['id', ''],
    ['id', 7],
    ['id', '.'],
    ['id', '..'],
    ['id', 'config'],
    ['id', 'CONFIG'],
    ['id', 'up\ud800load'],
    ['id', 'up\nload'],
    ['id', 'up load'],
    ['id', 'x'.repeat(501)],
  ])('is worth nothing when its %s is %j', (field, value) => {
    expect(parseUpload({ ...upload, [field]: value })).toBeUndefined();
  });
});

describe('the answer to a part', () => {
  it('gives its id, or nothing', () => {
    expect(parsePartId({ id: 'part==' })).toBe('part==');
    for (const id of [undefined, '', null, 5, '..', '\udc00']) expect(parsePartId({ id })).toBeUndefined();
  });
});

describe('the answer to complete', () => {
  it('gives the upload’s file, or the answer itself where it is the file, as it was sent', () => {
    expect(parseCompletedFile({ ...upload, object: 'upload', file }, 'upload_1')).toEqual(file);
    expect(parseCompletedFile({ file }, 'upload_1')).toEqual(file);
    expect(parseCompletedFile({ ...upload, status: 'completed', file }, 'upload_1')).toEqual(file);
    expect(parseCompletedFile({ id: 7, status: null, file }, 'upload_1')).toEqual(file);
    expect(parseCompletedFile(file, 'upload_1')).toEqual(file);
  });

  it.each([
    ['of another upload', { id: 'upload_2' }],
    ['that is still open', { status: 'pending' }],
    ['with a status that says something else', { status: 'failed' }],
  ])('is worth nothing %s', (_, changes) => {
    expect(parseCompletedFile({ ...upload, ...changes, file }, 'upload_1')).toBeUndefined();
  });

  it.each(['cancelled', 'expired'])('is the end of an upload that is %s', (status) => {
    const parse = () => parseCompletedFile({ ...upload, status, file }, 'upload_1');
    expect(parse).toThrow(expect.objectContaining({ code: `upload_${status}`, facts: { isFinal: true } }));
  });

  it('with a file in error is no success', () => {
    const parse = () => parseCompletedFile({ ...upload, file: { ...file, status: 'error' } }, 'upload_1');
    expect(parse).toThrow(expect.objectContaining({ code: 'integrity', isRetryable: false }));
  });

  it.each([null, undefined, 'file-1', {}, { id: '' }, { id: 4 }, { id: '..' }])(
    'is worth nothing with the file %j',
    (wrong) => {
      expect(parseCompletedFile({ ...upload, object: 'upload', file: wrong }, 'upload_1')).toBeUndefined();
    },
  );
});

describe('a file', () => {
  const parsed = (fields: object) => fileOf({ id: 'file-1', ...fields });

  it.each([
    [{ bytes: '36000000' }, { bytes: 36_000_000 }],
    [{ created_at: '1719184911' }, { created_at: 1_719_184_911 }],
    [{ created_at: '2024-06-23T23:21:51.5Z' }, { created_at: 1_719_184_911 }],
    [{ expires_at: '2024-06-24T01:21:51+02:00' }, { expires_at: 1_719_184_911 }],
  ])('has numbers and times that were written otherwise: %j', (fields, read) => {
    expect(parsed(fields)).toEqual({ id: 'file-1', ...read });
  });

  it.each([
    { bytes: '36 MB' },
    { bytes: '' },
    { bytes: {} },
    { bytes: true },
    { created_at: 'now' },
    { created_at: '2024-06-23' },
    { created_at: 1_719_184_911_000_000 },
    { expires_at: -1 },
    { filename: 5 },
    { purpose: ['batch'] },
  ])('lacks what has a form that nobody knows: %j', (fields) => {
    expect(parsed(fields)).toEqual({ id: 'file-1' });
  });

  it.each([-1, 0.5, 0])('keeps a number of bytes that cannot be right: %d', (bytes) => {
    expect(parsed({ bytes })).toEqual({ id: 'file-1', bytes });
  });

  it('keeps what is null, and what we do not read', () => {
    const fields = { bytes: null, created_at: null, status: 'processed', more: [1] };
    expect(parsed(fields)).toEqual({ id: 'file-1', ...fields });
  });
});

describe('the list of files', () => {
  it('keeps what has an id, and says whether there is more', () => {
    expect(parseFileList({ data: [file, null, 5, {}], has_more: true })).toEqual({
      files: [file],
      hasMore: true,
    });
    expect(parseFileList({ data: [] })).toEqual({ files: [], hasMore: false });
    expect(parseFileList({ data: { 0: file } })).toBeUndefined();
  });
});
