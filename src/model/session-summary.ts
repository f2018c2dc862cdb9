import type { UploadError } from './errors.ts';
import type { RepushOptions } from './repush.ts';

/**
 * The status of a session. `completing`: *complete* was sent and its response is not known, so
 * there may be a file. `expired`: the server said so, or its time is up.
 */
export type SessionStatus = 'pending' | 'completing' | 'completed' | 'cancelled' | 'expired';

/** The process that works on an upload. Null for what the lock does not say. */
export interface LockOwner {
  readonly pid: number | null;
  readonly host: string | null;
}

/** A saved session in short. */
export interface SessionSummary {
  readonly uploadId: string;
  readonly status: SessionStatus;
  readonly filename: string;
  /** Absolute path of the source; `-` when it was a stream. */
  readonly path: string;
  /** Whether it uploads only some lines of the source, a piece of `pushSplit`. */
  readonly isSlices: boolean;
  /**
   * Where the bytes of a stream or of a piece are kept as long as they may be needed; null for a
   * file.
   */
  readonly spool: string | null;
  readonly purpose: string;
  /** The size of the file that the upload makes. */
  readonly bytes: number;
  /** Null when parts are cut by the speed of the link. */
  readonly partBytes: number | null;
  /** Null when it is not known before all parts are sent. */
  readonly parts: number | null;
  /** Parts that the server has acknowledged. */
  readonly acknowledgedParts: number;
  readonly acknowledgedBytes: number;
  /** By the server, in Unix seconds. */
  readonly createdAt: number;
  /** By the server, in Unix seconds; null when it has not said so. */
  readonly expiresAt: number | null;
  /** Milliseconds until it expires, at least 0; null when it is over, or when that is unknown. */
  readonly timeLeftMs: number | null;
  /** Null until it is completed. */
  readonly fileId: string | null;
  readonly baseUrl: string;
  readonly organization: string | null;
  readonly project: string | null;
  /**
   * The fields of its account that differ from the current settings. While there are any, it cannot
   * be resumed.
   */
  readonly differsIn: readonly ('baseUrl' | 'organization' | 'project')[];
  /** The process that is working on it now. */
  readonly lockedBy: LockOwner | null;
  /** The id of the manifest, or of the journal of a job, that its file is written to. */
  readonly manifest: string | null;
  /** The upload that replaced it after it expired. */
  readonly restartedAs: string | null;
  /** The file of its record. */
  readonly recordPath: string;
}

/**
 * How the source compares with what it was. `touched`: the same size, but another time or inode, so
 * only its bytes can tell; a resume checks the parts that were sent.
 */
export type SourceState = 'same' | 'touched' | 'changed' | 'missing' | 'unreadable';

/** Part numbers, from 1, including both ends. */
export interface PartSpan {
  readonly first: number;
  readonly last: number;
}

/**
 * What is left to do. `wait`: a process is working on it. `restart`: it has expired and can be
 * started over. `push`: the file can be pushed again. `source`: the source must be put back first.
 * `none`: it is completed, or continues as another upload.
 */
export type NextStep = 'resume' | 'restart' | 'push' | 'wait' | 'source' | 'none';

/** A saved session in full. */
export interface SessionDetails extends SessionSummary {
  readonly mimeType: string;
  /** MD5 of the whole file in lowercase hex, once it is known. */
  readonly md5: string | null;
  /** Parts that the server has not acknowledged, in file order; null when they are not cut yet. */
  readonly missing: readonly PartSpan[] | null;
  readonly missingBytes: number;
  readonly source: SourceState;
  readonly next: NextStep;
  /** Options for the push, when that is what is left to do. */
  readonly repush: RepushOptions | null;
}

/** All saved sessions, newest first. Those that cannot be read are listed with the reason. */
export interface SessionList {
  /** The state directory. */
  readonly directory: string;
  readonly sessions: readonly SessionSummary[];
  readonly unusable: readonly UploadError[];
}

/** What a prune did, or with `dryRun` would do. */
export interface PruneResult {
  readonly forgotten: readonly SessionSummary[];
  /** Sessions that seem to be over and are kept, with the reason. */
  readonly kept: readonly { readonly session: SessionSummary; readonly reason: string }[];
  /** Bytes of streams that belong to no upload. */
  readonly orphans: readonly {
    readonly path: string;
    readonly bytes: number;
    /** It was kept to be pushed, and was not for a week. */
    readonly wasKept: boolean;
  }[];
  /** Bytes of streams for which no upload could be created, kept to be pushed as files. */
  readonly waiting: readonly { readonly path: string; readonly bytes: number }[];
  /** What could not be read or deleted. */
  readonly failed: readonly UploadError[];
}
