import type { SessionStatus } from '../model/session.ts';
import type { FileObject } from '../model/upload.ts';
import type { Slices } from '../plan/slices.ts';

/** Version of the record's form. Raised when an older program could not understand it; see `migrate-record.ts`. */
export const SCHEMA_VERSION = 4;

/** A part the server has acknowledged. */
export interface RecordedPart {
  /** From 0. */
  readonly index: number;
  /** In what is uploaded. */
  readonly offset: number;
  readonly length: number;
  readonly partId: string;
  /** Of the bytes that were sent, in the form of `checksum/part-checksum.js`. */
  readonly checksum: string;
}

export type { SessionStatus };

/**
 * What we save about an upload: the only record of it there is, because the server cannot be asked.
 * Never holds the API key.
 */
export interface SessionRecord {
  readonly schemaVersion: number;
  readonly uploadId: string;
  readonly status: SessionStatus;
  readonly baseUrl: string;
  readonly organization: string | null;
  readonly project: string | null;
  readonly purpose: string;
  readonly filename: string;
  readonly mimeType: string;
  /** Lifetime of the resulting file, in seconds, when one was asked for. */
  readonly fileLifetimeSeconds: number | null;
  /** As the server said, in Unix seconds of its clock. */
  readonly createdAt: number;
  readonly expiresAt: number;
  /** What to add to this machine's clock to get the server's, in milliseconds. */
  readonly clockOffsetMs: number;
  readonly source: {
    readonly path: string;
    readonly bytes: number;
    readonly modifiedNs: string;
    readonly changedNs: string;
    readonly inode: string;
  };
  /** The name of our spool, when the source is one: ours to delete once nobody will read it again. */
  readonly spool: string | null;
  /** What of the source is uploaded, when it is not all of it. */
  readonly slices: Slices | null;
  /** The id of the manifest that its file goes into, when there is one: by it a later run knows what is done. */
  readonly manifest?: string | undefined;
  /** Fixed for the session: the ranges follow from it. */
  readonly partBytes: number;
  /** Whether the server is to check the MD5 of the whole file. */
  readonly wantsMd5: boolean;
  readonly md5: string | null;
  /**
   * `due`: the preflight has to read the file to its end before the upload may be completed. Absent when nobody wants it, as
   * in records from before there was one.
   */
  readonly check?: 'due' | 'passed' | undefined;
  readonly parts: readonly RecordedPart[];
  readonly file: FileObject | null;
  /** The upload that goes on in its place, when it expired and was started over. */
  readonly restartedAs: string | null;
}
