import type { UploadError } from './errors.ts';

/** The checks, in the order in which they run. */
export type CheckName = 'settings' | 'state' | 'proxy' | 'tls' | 'clock' | 'key' | 'upload';

/** The result of one check of `diagnose`. */
export interface Check {
  readonly name: CheckName;
  readonly status: 'ok' | 'failed' | 'skipped';
  /** What was found, or what failed. */
  readonly message: string;
  /** Set when the check failed. */
  readonly error?: UploadError;
  /** Set by the check `upload`. */
  readonly speed?: LinkSpeed;
}

/** The speed of the link, and how large a file it can send. */
export interface LinkSpeed {
  readonly bytesPerSecond: number;
  /**
   * The largest file that can be sent within the lifetime of an upload at that speed, or within an
   * hour when the lifetime is unknown. At most what the API takes.
   */
  readonly fitsBytes: number;
  /** How long the server lets an upload live, in milliseconds; null when it does not say. */
  readonly lifetimeMs: number | null;
}
