import { createHash } from 'node:crypto';
import type { UploadTimes } from '../model/server-clock.ts';
import type { SessionStatus } from '../model/session-summary.ts';
import type { FileObject } from '../model/upload.ts';

/** Version of the record's form. Raised when an older program could not understand it; see `validate-record.ts`. */
export const SCHEMA_VERSION = 5;

/** A part that the server has acknowledged. */
export interface RecordedPart {
  /** From 0. With a fixed part size its position, otherwise the order in which the parts were cut. */
  readonly index: number;
  /** In bytes from the beginning of the source. */
  readonly offset: number;
  /** In bytes. */
  readonly length: number;
  readonly partId: string;
  /** Of the bytes that were sent, in the form of `checksum/part-checksum.ts`. */
  readonly checksum: string;
}

/**
 * Where the bytes of a piece come from. The spool that holds them is another in each run, so they
 * are what tells that two pieces are the same.
 */
export interface CutFrom {
  /** Absolute path of the file that was split. */
  readonly path: string;
  /** Of all bytes of the piece, in the form of `checksum/part-checksum.ts`. */
  readonly checksum: string;
  /** Of the same bytes. Absent in records older than it. */
  readonly sha256?: string | undefined;
}

export type { SessionStatus };

/**
 * What is saved about an upload. It is the only record of it, because the server lists no uploads.
 * Never holds the API key.
 */
export interface SessionRecord extends UploadTimes {
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
  readonly source: {
    readonly path: string;
    readonly bytes: number;
    readonly modifiedNs: string;
    readonly changedNs: string;
    readonly inode: string;
  };
  /** The name of our spool, when the source is one: ours to delete once it will not be read again. */
  readonly spool: string | null;
  /** The file of which the source is a piece; null when it is no piece. */
  readonly cutFrom: CutFrom | null;
  /** The id of the manifest that its file goes into, if any: from it a later run knows what is done. */
  readonly manifest?: string | undefined;
  /** The size of every part but the last; null when parts are cut by the speed of the link. */
  readonly partBytes: number | null;
  /** Parts that are cut by the speed of the link have at least as many bytes, but for the last. */
  readonly minPartBytes: number;
  /** Whether the server is to check the MD5 of the whole file. */
  readonly wantsMd5: boolean;
  readonly md5: string | null;
  /** Of the same bytes as the MD5. Absent in records older than it. */
  readonly sha256?: string | null | undefined;
  /**
   * `due`: the preflight has to read the file to its end before the upload may be completed. Absent
   * when it was turned off, and in records older than the preflight.
   */
  readonly check?: 'due' | 'passed' | undefined;
  readonly parts: readonly RecordedPart[];
  /**
   * Whether the server may have got a part that is not in `parts`. It is true while parts are sent,
   * so a kill leaves it so; an orderly end leaves what is known. Absent in older records.
   */
  readonly mayHoldMore?: boolean | undefined;
  readonly file: FileObject | null;
  /** The upload that continues in its place, when it expired and was started over. */
  readonly restartedAs: string | null;
}

/** What a record says of the whole of its bytes. */
export type SavedDigests = Pick<SessionRecord, 'md5' | 'sha256'>;
export const NO_DIGESTS: SavedDigests = { md5: null, sha256: null };

/** The name of a spool, and of a record's field `spool`: a UUID. */
export const SPOOL_NAME = /^[0-9a-f]{8}(-[0-9a-f]{4}){3}-[0-9a-f]{12}$/;

/** File names have at most 255 bytes on most file systems; what is written first has a longer name. */
const MAX_NAME_LENGTH = 200;

/**
 * The record's file name without `.json`. Ids are opaque, on Azure even base64, so any byte except
 * those of `[A-Za-z0-9_-]` becomes `%` and two hex digits. A name that would be longer than 200
 * characters becomes a digest.
 */
export function sessionFileName(uploadId: string): string {
  const name = Array.from(Buffer.from(uploadId, 'utf8'), encodeByte).join('');
  return name.length <= MAX_NAME_LENGTH ? name : `=${createHash('sha256').update(uploadId).digest('hex')}`;
}

function encodeByte(byte: number): string {
  const character = String.fromCharCode(byte);
  return /[A-Za-z0-9_-]/.test(character) ? character : `%${byte.toString(16).padStart(2, '0')}`;
}
