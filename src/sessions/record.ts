import { hash } from 'node:crypto';
import type { UploadTimes } from '../model/server-clock.ts';
import type { SessionStatus } from '../model/session-summary.ts';
import type { FileObject } from '../model/upload.ts';

/**
 * Version of the record's format. Raised when older programs could not understand a new format; see
 * `validate-record.ts`.
 */
export const SCHEMA_VERSION = 5;

/** A part that the server has acknowledged. */
export interface RecordedPart {
  /** From 0. The position for a fixed part size, otherwise the order in which parts were cut. */
  readonly index: number;
  /** In bytes from the beginning of the source. */
  readonly offset: number;
  /** In bytes. */
  readonly length: number;
  readonly partId: string;
  /** Checksum of the bytes sent, in the format of `checksum/part-checksum.ts`. */
  readonly checksum: string;
}

/**
 * Where the bytes of a piece come from. Each run holds them in a different spool, so only these
 * fields show that two pieces are the same.
 */
export interface CutFrom {
  /** Absolute path of the file that was split. */
  readonly path: string;
  /** Checksum of all bytes of the piece, in the format of `checksum/part-checksum.ts`. */
  readonly checksum: string;
  /** SHA-256 of the same bytes. Absent in records from before it was added. */
  readonly sha256?: string | undefined;
}

export type { SessionStatus };

/**
 * What is saved about an upload. It is the only record of it, because the server cannot list
 * uploads. Never holds the API key.
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
  /** Lifetime of the resulting file in seconds, if one was requested. */
  readonly fileLifetimeSeconds: number | null;
  readonly source: {
    readonly path: string;
    readonly bytes: number;
    readonly modifiedNs: string;
    readonly changedNs: string;
    readonly inode: string;
  };
  /** The spool's name if the source is one. It is deleted once it will not be read again. */
  readonly spool: string | null;
  /** The file of which the source is a piece; null if it is not a piece. */
  readonly cutFrom: CutFrom | null;
  /** The id of the manifest that receives the file, if any. It shows a later run what is done. */
  readonly manifest?: string | undefined;
  /** The size of every part but the last; null if parts are cut by the speed of the link. */
  readonly partBytes: number | null;
  /** The minimum size of parts that are cut by the speed of the link, except for the last one. */
  readonly minPartBytes: number;
  /** Whether the server should check the MD5 of the whole file. */
  readonly wantsMd5: boolean;
  readonly md5: string | null;
  /** SHA-256 of the same bytes as the MD5. Absent in records from before it was added. */
  readonly sha256?: string | null | undefined;
  /**
   * `due` means that the preflight has to read the file to its end before the upload may be
   * completed. Absent if the preflight was turned off, and in records from before it existed.
   */
  readonly check?: 'due' | 'passed' | undefined;
  readonly parts: readonly RecordedPart[];
  /**
   * Whether the server may have received a part that is not in `parts`. It is true while parts are
   * being sent, so it stays true after a kill; an orderly end saves the actual state. Absent in
   * older records.
   */
  readonly mayHoldMore?: boolean | undefined;
  readonly file: FileObject | null;
  /** The upload that replaces this one, if it expired and was started over. */
  readonly restartedAs: string | null;
}

/** The digests that a record has of all its bytes. */
export type SavedDigests = Pick<SessionRecord, 'md5' | 'sha256'>;
export const NO_DIGESTS: SavedDigests = { md5: null, sha256: null };

/** The name of a spool, as in a record's field `spool`: a UUID. */
export const SPOOL_NAME = /^[0-9a-f]{8}(-[0-9a-f]{4}){3}-[0-9a-f]{12}$/;

/** Most file systems allow 255 bytes for a file name, and a draft's name is longer than this. */
const MAX_NAME_LENGTH = 200;
const PLAIN_NAME = new RegExp(`^[A-Za-z0-9_-]{0,${MAX_NAME_LENGTH}}$`);

/**
 * Returns the record's file name without `.json`. Ids are opaque, on Azure even base64, so any byte
 * outside of `[A-Za-z0-9_-]` becomes `%` and two hex digits. A name of more than 200 characters is
 * replaced by a digest.
 */
export function sessionFileName(uploadId: string): string {
  if (PLAIN_NAME.test(uploadId)) return uploadId;
  const name = Array.from(Buffer.from(uploadId, 'utf8'), encodeByte).join('');
  return name.length <= MAX_NAME_LENGTH ? name : `=${hash('sha256', uploadId)}`;
}

function encodeByte(byte: number): string {
  const character = String.fromCharCode(byte);
  return /[A-Za-z0-9_-]/.test(character) ? character : `%${byte.toString(16).padStart(2, '0')}`;
}
