import type { UploadError } from './errors.ts';
import type { LockOwner } from './state-store.ts';
import type { RepushOptions } from './upload.ts';

/**
 * The status of a session. `completing`: *complete* was sent, but its response is unknown, so a
 * file may exist. `expired`: the server said so, or the lifetime is over.
 */
export type SessionStatus = 'pending' | 'completing' | 'completed' | 'cancelled' | 'expired';

/** A saved session in brief. */
export interface SessionSummary {
  readonly uploadId: string;
  readonly status: SessionStatus;
  readonly filename: string;
  /** Absolute path of the source; `-` when it was a stream. */
  readonly path: string;
  /** Whether it uploads only some lines of the source, as a piece of `pushSplit`. */
  readonly isSlices: boolean;
  /**
   * The file that keeps the bytes of a stream or of a piece as long as they may be needed. Null
   * when the source itself is read.
   */
  readonly spool: string | null;
  readonly purpose: string;
  /** The size of the resulting file. */
  readonly bytes: number;
  /** Null when part sizes follow the speed of the link. */
  readonly partBytes: number | null;
  /** Null when the number is not known before all parts are sent. */
  readonly parts: number | null;
  /** Parts that the server has acknowledged. */
  readonly acknowledgedParts: number;
  readonly acknowledgedBytes: number;
  /** In Unix seconds, by the server's clock. */
  readonly createdAt: number;
  /** When it was created, in milliseconds since 1970, by the clock of the machine that did. */
  readonly beganAtMs: number;
  /** In Unix seconds, by the server's clock; null when the server did not say. */
  readonly expiresAt: number | null;
  /**
   * Milliseconds until it expires, at least 0; null when the session is over or the expiry is
   * unknown.
   */
  readonly timeLeftMs: number | null;
  /** Null until the session is completed. */
  readonly fileId: string | null;
  readonly baseUrl: string;
  readonly organization: string | null;
  readonly project: string | null;
  /**
   * The fields of its account that differ from the current settings. If there are any, the session
   * cannot be resumed.
   */
  readonly differsIn: readonly ('baseUrl' | 'organization' | 'project')[];
  /** The process that is working on it now; null when none is. */
  readonly lockedBy: LockOwner | null;
  /** The id of the manifest, or of the job's journal, that its file is written to. */
  readonly manifest: string | null;
  /** The upload that replaced it after it expired. */
  readonly restartedAs: string | null;
  /** Where its record is. */
  readonly recordPath: string;
}

/**
 * How the source compares with its state at the start. `touched`: the size is the same, but a time
 * or the inode is not, so only the bytes can show a change. A resume checks the parts that were
 * sent.
 */
export type SourceState = 'same' | 'touched' | 'changed' | 'missing' | 'unreadable';

/** The part numbers from `first` to `last`, both included. Parts count from 1. */
export interface PartSpan {
  readonly first: number;
  readonly last: number;
}

/**
 * What is left to do. `wait`: a process is working on it. `restart`: it has expired and can start
 * over. `push`: the file can be pushed again. `source`: the source must be put back first. `none`:
 * it is completed, or continues as another upload.
 */
export type NextStep = 'resume' | 'restart' | 'push' | 'wait' | 'source' | 'none';

/** A saved session in full. */
export interface SessionDetails extends SessionSummary {
  readonly mimeType: string;
  /** MD5 of the whole file in lowercase hex, once it is known. */
  readonly md5: string | null;
  /**
   * The parts that the server has not acknowledged, in file order; null when they are not cut yet.
   */
  readonly missing: readonly PartSpan[] | null;
  readonly missingBytes: number;
  readonly source: SourceState;
  readonly next: NextStep;
  /** The options for a push, when that is what is left to do. */
  readonly repush: RepushOptions | null;
}

/** All saved sessions, newest first, and the errors of those that cannot be read. */
export interface SessionList {
  /** The state directory. */
  readonly directory: string;
  readonly sessions: readonly SessionSummary[];
  readonly unusable: readonly UploadError[];
}

/** What a prune did, or would do with `dryRun`. */
export interface PruneResult {
  readonly forgotten: readonly SessionSummary[];
  /** Sessions that seem to be over but are kept, with the reason. */
  readonly kept: readonly { readonly session: SessionSummary; readonly reason: string }[];
  /** Files with the bytes of streams that belong to no upload. */
  readonly orphans: readonly {
    readonly path: string;
    readonly bytes: number;
    /** The file was kept to be pushed, but was not pushed for a week. */
    readonly wasKept: boolean;
  }[];
  /**
   * Files with the bytes of streams for which no upload could be created. They are kept to be
   * pushed.
   */
  readonly waiting: readonly { readonly path: string; readonly bytes: number }[];
  /** What could not be read or deleted. */
  readonly failed: readonly UploadError[];
}
