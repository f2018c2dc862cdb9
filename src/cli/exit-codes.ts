import type { UploadErrorCode } from '../index.ts';

/**
 * The one table from errors to the exit codes that scripts see. docs/cli.md says what each number
 * means.
 */
const EXIT_CODES: Readonly<Record<Exclude<UploadErrorCode, 'interrupted'>, number>> = {
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
};

/** 128 plus the number of the signal, which is what shells return. */
export const SIGNAL_EXIT_CODES = { SIGHUP: 129, SIGINT: 130, SIGTERM: 143 } as const;
export type StopSignal = keyof typeof SIGNAL_EXIT_CODES;

/** `stoppedBy` is the signal this process got, if any. */
export function exitCodeOf(code: UploadErrorCode, stoppedBy: StopSignal = 'SIGINT'): number {
  return code === 'interrupted' ? SIGNAL_EXIT_CODES[stoppedBy] : EXIT_CODES[code];
}

/** Returns the signal this process got, if any. */
export function stoppedBy({ aborted, reason }: AbortSignal): StopSignal | undefined {
  return aborted && reason in SIGNAL_EXIT_CODES ? (reason as StopSignal) : undefined;
}
