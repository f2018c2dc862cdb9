import type { LockOwner } from './state-store.ts';

/**
 * The server's file object: the fields that this library relies on, and all others as they were
 * sent.
 */
export interface FileObject {
  readonly id: string;
  readonly bytes?: number | null;
  /** In Unix seconds. */
  readonly created_at?: number;
  readonly filename?: string;
  readonly purpose?: string;
  readonly [field: string]: unknown;
}

/**
 * What a run spent most of its time on. `server`: waiting for responses, or because the server was
 * too busy.
 */
export type Bottleneck = 'network' | 'server' | 'disk' | 'md5' | 'limit-rate';

/** The result of a push or a resume. */
export interface UploadResult {
  readonly uploadId: string;
  readonly fileId: string;
  readonly filename: string;
  /** Absolute path of the source; `-` when it was a stream. */
  readonly path: string;
  readonly bytes: number;
  readonly purpose: string;
  /** MD5 of the whole file in lowercase hex; null when it was not asked for. */
  readonly md5: string | null;
  /** SHA-256, from the same reading as the MD5; null when nothing was read for it. */
  readonly sha256: string | null;
  readonly parts: number;
  /** Parts that earlier runs sent. */
  readonly partsResumed: number;
  /** Bytes of the file that this run sent, not counting failed attempts. */
  readonly bytesSent: number;
  /** Failed attempts that were followed by another one. */
  readonly retries: number;
  /** Duration of this run, from its first step to its last. */
  readonly seconds: number;
  /** What would have to be faster to make the run faster; null when nothing was sent. */
  readonly bottleneck: Bottleneck | null;
  /** True when the same bytes were uploaded before, so this run only asked for their file. */
  readonly alreadyUploaded: boolean;
  /** The file, as the server describes it. */
  readonly file: FileObject;
}

/** What a push would do. */
export interface PushPlan {
  /** Absolute path of the source. */
  readonly path: string;
  readonly filename: string;
  readonly bytes: number;
  readonly purpose: string;
  readonly mimeType: string;
  /** Null when part sizes follow the speed of the link. */
  readonly partBytes: number | null;
  /** Null when the number is not known before parts are sent. */
  readonly parts: number | null;
  /** The unfinished upload that would be continued; null when a new one would be created. */
  readonly continues: string | null;
  /** Parts of that upload that need not be sent again. */
  readonly partsResumed: number;
  /** The process that is working on that upload now; null when none is. */
  readonly lockedBy: LockOwner | null;
}

/** The result of a cancel. */
export interface CancelResult {
  readonly uploadId: string;
  /** `expired`: the upload was over already. */
  readonly status: 'cancelled' | 'expired';
  /** False when the upload was over before, so nothing had to be done. */
  readonly wasOpen: boolean;
}

/**
 * The options of a push that makes the same upload again. Options with their default value are left
 * out.
 */
export interface RepushOptions {
  readonly purpose: string;
  readonly filename?: string;
  readonly mimeType?: string;
  readonly expiresAfterSeconds?: number;
  readonly md5?: false;
}
