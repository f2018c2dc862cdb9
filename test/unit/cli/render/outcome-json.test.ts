import { resolve } from 'node:path';
import { describe, expect, it } from 'vitest';
import { outcomeJson } from '../../../../src/cli/render/outcome-json.ts';
import { UploadError } from '../../../../src/model/errors.ts';
import { resultOf } from '../../../helpers/events.ts';

describe('the JSON of an outcome', () => {
  it('of a finished upload has all that the contract names, and the file as it was sent', () => {
    const file = { id: 'file-1', 'x.y': { z: [null] } };
    const result = resultOf({ seconds: 1.23456, file, md5: null });
    expect(outcomeJson({ status: 'completed', result }, null)).toEqual({
      v: 1,
      status: 'completed',
      upload_id: 'upload_1',
      file_id: 'file-1',
      filename: 'a.jsonl',
      path: '/data/a.jsonl',
      bytes: 100_000_000,
      purpose: 'batch',
      md5: null,
      parts: 10,
      parts_resumed: 0,
      bytes_sent: 100_000_000,
      retries: 0,
      seconds: 1.235,
      limited_by: null,
      already_uploaded: false,
      file,
    });
  });

  it('of a failure has every field, with null for what is not known', () => {
    const error = new UploadError('source_not_found', { message: 'not there' });
    expect(outcomeJson({ status: 'failed', subject: { path: 'a' }, error }, null)).toEqual({
      v: 1,
      status: 'failed',
      upload_id: null,
      path: resolve('a'),
      error: {
        code: 'source_not_found',
        exit_code: 3,
        message: 'not there',
        hint: '',
        retryable: false,
        http_status: null,
        request_id: null,
        resume_command: null,
      },
    });
  });

  it('of a failure prefers what the error knows, and tells what to run', () => {
    const facts = { uploadId: 'u', path: '/data/a', httpStatus: 503, requestId: 'req_1' };
    const error = new UploadError('server_error', { message: 'm', hint: 'h', isRetryable: true }, facts);
    expect(outcomeJson({ status: 'failed', subject: { path: 'a' }, error }, 'run this')).toMatchObject({
      upload_id: 'u',
      path: '/data/a',
      error: {
        exit_code: 5,
        retryable: true,
        http_status: 503,
        request_id: 'req_1',
        resume_command: 'run this',
      },
    });
  });

  it('of a stop has the exit code of the signal', () => {
    const error = new UploadError('interrupted', { message: 'stopped' });
    const outcome = { status: 'failed', subject: { uploadId: 'u', command: 'resume' }, error } as const;
    expect(outcomeJson(outcome, null, 'SIGTERM')).toMatchObject({
      upload_id: 'u',
      error: { exit_code: 143 },
    });
  });

  it('of a cancelled upload says how it ended', () => {
    const result = { uploadId: 'u', status: 'expired', wasOpen: false } as const;
    expect(outcomeJson({ status: 'cancelled', result }, null)).toEqual({
      v: 1,
      status: 'expired',
      upload_id: 'u',
    });
  });
});
