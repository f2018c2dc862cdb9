import { describe, expect, it } from 'vitest';
import { exitCodeOf } from '../../../src/cli/exit-codes.ts';
import { concernsAll, type UploadErrorCode } from '../../../src/model/errors.ts';

/** The contract. The compiler sees to it that no code is left out. */
const CONTRACT: Readonly<Record<UploadErrorCode, number>> = {
  usage: 2,
  api_key_missing: 2,
  session_unknown: 2,
  session_mismatch: 2,
  manifest_mismatch: 2,
  source_not_found: 3,
  source_unreadable: 3,
  source_not_a_file: 3,
  source_empty: 3,
  source_too_large: 3,
  check_failed: 3,
  source_changed: 4,
  network: 5,
  stalled: 5,
  server_error: 5,
  rate_limited: 5,
  request_refused: 6,
  upload_closed: 6,
  authentication: 7,
  quota: 7,
  upload_expired: 8,
  upload_cancelled: 8,
  integrity: 9,
  session_corrupt: 10,
  session_newer: 10,
  session_unreadable: 10,
  session_unwritable: 10,
  config_unusable: 10,
  manifest_unusable: 10,
  session_locked: 11,
  completion_unknown: 12,
  interrupted: 130,
};

describe('the exit code', () => {
  it.each(Object.entries(CONTRACT) as [UploadErrorCode, number][])('of %s is %i', (code, expected) => {
    expect(exitCodeOf(code)).toBe(expected);
  });

  it('of a stop is that of the signal', () => {
    expect(exitCodeOf('interrupted', 'SIGTERM')).toBe(143);
    expect(exitCodeOf('interrupted', 'SIGINT')).toBe(130);
    expect(exitCodeOf('network', 'SIGTERM')).toBe(5);
  });

  it('of a failure that ends the work on many files is 2, 7 or that of a stop, but for a manifest', () => {
    const codes = Object.keys(CONTRACT) as UploadErrorCode[];
    const isOfAll = (code: UploadErrorCode) => [2, 7, 130].includes(exitCodeOf(code));

    const others = codes.filter((code) => concernsAll(code) !== isOfAll(code));

    expect(others).toEqual(['manifest_unusable']);
  });
});
