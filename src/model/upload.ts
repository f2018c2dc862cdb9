import type { LockOwner } from './session.ts';

/** The server's file: the fields we rely on, and everything else as it was sent. */
export interface FileObject {
  readonly id: string;
  readonly bytes?: number | null;
  /** In Unix seconds. */
  readonly created_at?: number;
  readonly filename?: string;
  readonly purpose?: string;
  readonly [field: string]: unknown;
}

/** What a run may spend most of its time with. `server`: waiting for answers, or because it was too busy. */
export type Bottleneck = 'network' | 'server' | 'disk' | 'md5' | 'limit-rate';

/** What a finished push or resume is worth. */
export interface UploadResult {
  readonly uploadId: string;
  readonly fileId: string;
  readonly filename: string;
  /** Absolute path of the source; `-` when it was a stream. */
  readonly path: string;
  readonly bytes: number;
  readonly purpose: string;
  /** Lowercase hex of the whole file; null when it was not asked for. */
  readonly md5: string | null;
  readonly parts: number;
  /** Parts that an earlier run had sent already. */
  readonly partsResumed: number;
  /** Bytes of the file that this run sent, attempts that failed not counted. */
  readonly bytesSent: number;
  /** Attempts that failed and were followed by another. */
  readonly retries: number;
  /** Of this run, from its first step to its last. */
  readonly seconds: number;
  /** What would have to be faster for this run to have been; null when nothing was sent. */
  readonly bottleneck: Bottleneck | null;
  /** The same bytes were uploaded before, so that this run had only to ask for their file. */
  readonly alreadyUploaded: boolean;
  /** The file as the server described it. */
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
  readonly partBytes: number;
  readonly parts: number;
  /** The unfinished upload that would be continued; null when a new one would be made. */
  readonly continues: string | null;
  /** Of that upload: parts that need not be sent again. */
  readonly partsResumed: number;
  /** The process that works on that upload now, so that a push would find it taken; null when none does. */
  readonly lockedBy: LockOwner | null;
}

/** What came of a cancel. */
export interface CancelResult {
  readonly uploadId: string;
  /** `expired`: the server had dropped it already. */
  readonly status: 'cancelled' | 'expired';
  /** False when it was over before, so that nothing had to be done. */
  readonly wasOpen: boolean;
}
