import type { UploadError } from './errors.ts';

/** What a check looks at, in the order in which they are made. */
export type CheckName = 'settings' | 'state' | 'proxy' | 'tls' | 'clock' | 'key' | 'upload';

/** What one check of `diagnose` has found. */
export interface Check {
  readonly name: CheckName;
  readonly status: 'ok' | 'failed' | 'skipped';
  /** What was found, or what failed. */
  readonly message: string;
  /** Of a check that failed. */
  readonly error?: UploadError;
  /** Of `upload`. */
  readonly speed?: LinkSpeed;
}

/** What sending to the server has shown. */
export interface LinkSpeed {
  readonly bytesPerSecond: number;
  /** How large a file fits into the lifetime of an upload at that speed, at most what the API takes. */
  readonly fitsBytes: number;
  /** How long the server lets an upload live, in milliseconds. */
  readonly lifetimeMs: number;
}
