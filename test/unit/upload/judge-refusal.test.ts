import { describe, expect, it } from 'vitest';
import { UploadError } from '../../../src/model/errors.ts';
import type { SessionHandle } from '../../../src/sessions/session.ts';
import { judgePartRefusal } from '../../../src/upload/judge-refusal.ts';
import { recordOf } from '../../helpers/record.ts';

const failedWith = (code: string) =>
  new UploadError(
    'network',
    { message: 'sending part 1 failed', hint: 'Check the network.', isRetryable: true },
    { cause: Object.assign(new Error(code), { code }) },
  );

function hintFor(code: string, { partBytes = 8_000_000, bytes = 80_000_000, hasBegun = true } = {}) {
  const record = recordOf({ partBytes, parts: [], source: { ...recordOf().source, bytes } });
  const session = { record, mayHoldMore: false } as unknown as SessionHandle;
  const part = { attempt: 6, retries: 5, length: Math.min(bytes, partBytes), hasBegun };
  return (judgePartRefusal(failedWith(code), session, part) as UploadError).hint;
}

describe('the hint for a part of a fixed size whose connection fails', () => {
  it.each(['ECONNRESET', 'EPIPE', 'UND_ERR_SOCKET'])('names a smaller size after %s', (code) => {
    expect(hintFor(code)).toMatch(/^Check the network\. .* such as `partBytes: 1000000`/);
  });

  it.each(['ETIMEDOUT', 'ENETUNREACH', 'EHOSTUNREACH', 'HPE_INVALID_CONSTANT'])(
    'names none after %s, which no size can help',
    (code) => {
      expect(hintFor(code)).toBe('Check the network.');
    },
  );

  it('names none before a byte was sent', () => {
    expect(hintFor('ECONNRESET', { hasBegun: false })).toBe('Check the network.');
  });

  it('names none that would make too many parts, or is no smaller', () => {
    expect(hintFor('ECONNRESET', { bytes: 8_000_000_000 })).toContain('`partBytes: 1000000`');
    expect(hintFor('ECONNRESET', { partBytes: 1_000_000, bytes: 8_000_000_000 })).toBe('Check the network.');
    expect(hintFor('ECONNRESET', { partBytes: 50_000 })).toBe('Check the network.');
    expect(hintFor('ECONNRESET', { bytes: 40_000 })).toBe('Check the network.');
  });
});
