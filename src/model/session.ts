import type { UploadError } from './errors.ts';

/**
 * How far a session is. `completing`: *complete* was sent and its answer is not known, so there may be a file.
 * `expired` by the server's word, or by the time it gave.
 */
export type SessionStatus = 'pending' | 'completing' | 'completed' | 'cancelled' | 'expired';

/** Who works on an upload; null for what the lock does not say. */
export interface LockOwner {
  readonly pid: number | null;
  readonly host: string | null;
}

/** A saved session, as seen from outside. */
export interface SessionSummary {
  readonly uploadId: string;
  readonly status: SessionStatus;
  readonly filename: string;
  /** Absolute path of the source; `-` when it was a stream. */
  readonly path: string;
  /** Whether only lines of the source are uploaded, as `pushSplit` does. */
  readonly isSlices: boolean;
  /** Where the bytes of a stream are kept as long as they may be needed; null otherwise, and for a file. */
  readonly spool: string | null;
  readonly purpose: string;
  /** Of the file that is to be made. */
  readonly bytes: number;
  readonly partBytes: number;
  readonly parts: number;
  /** What the server has acknowledged. */
  readonly acknowledgedParts: number;
  readonly acknowledgedBytes: number;
  /** As the server said, in Unix seconds of its clock. */
  readonly createdAt: number;
  /** Likewise. */
  readonly expiresAt: number;
  /** Milliseconds until it expires, by the server's clock as it was last seen, never below 0; null when it is over. */
  readonly timeLeftMs: number | null;
  /** Null as long as it is not completed. */
  readonly fileId: string | null;
  readonly baseUrl: string;
  readonly organization: string | null;
  readonly project: string | null;
  /** Which of these are not what is set now: as long as any is, it cannot be resumed. */
  readonly differsIn: readonly ('baseUrl' | 'organization' | 'project')[];
  /** The process that works on it now. */
  readonly lockedBy: LockOwner | null;
  /** The upload that goes on in its place, when it expired and was started over. */
  readonly restartedAs: string | null;
  /** The file it is saved in. */
  readonly recordPath: string;
}

/**
 * The source beside what it was. `touched`: same size, other times or another inode, so that only its bytes can tell;
 * a resume reads again what was sent.
 */
export type SourceState = 'same' | 'touched' | 'changed' | 'missing' | 'unreadable';

/** Part numbers from 1, both ends included. */
export interface PartSpan {
  readonly first: number;
  readonly last: number;
}

/**
 * What is left to do. `wait`: a process is at it. `restart`: it has expired, and can be started over. `push`: the file can be
 * pushed anew. `source`: nothing goes on until the source is back. `none`: it is completed, or goes on as another upload.
 */
export type NextStep = 'resume' | 'restart' | 'push' | 'wait' | 'source' | 'none';

/** What to tell a push so that it makes the same upload again; what it would do by itself is left out. */
export interface RepushOptions {
  readonly purpose: string;
  readonly filename?: string;
  readonly mimeType?: string;
  readonly expiresAfterSeconds?: number;
  readonly md5?: false;
}

/** A saved session in full. */
export interface SessionDetails extends SessionSummary {
  readonly mimeType: string;
  /** Lowercase hex of the whole file, once it was computed. */
  readonly md5: string | null;
  /** Parts that the server has not acknowledged, in file order. */
  readonly missing: readonly PartSpan[];
  readonly missingBytes: number;
  readonly source: SourceState;
  readonly next: NextStep;
  /** Options for the push, when that is what is left to do. */
  readonly repush: RepushOptions | null;
}

/** What is saved, newest first. What cannot be read is not left out: it is told why. */
export interface SessionList {
  /** The state directory. */
  readonly directory: string;
  readonly sessions: readonly SessionSummary[];
  readonly unusable: readonly UploadError[];
}

/** What a prune did, or with `dryRun` would do. */
export interface PruneResult {
  readonly forgotten: readonly SessionSummary[];
  /** Over, or so it seems, and left alone all the same. */
  readonly kept: readonly { readonly session: SessionSummary; readonly reason: string }[];
  /** Bytes of streams that belonged to no upload. */
  readonly orphans: readonly {
    readonly path: string;
    readonly bytes: number;
    /** It was kept to be pushed, and nobody has in a week. */
    readonly wasKept: boolean;
  }[];
  /** Bytes of streams for which no upload could be created, kept to be pushed as files. */
  readonly waiting: readonly { readonly path: string; readonly bytes: number }[];
  /** What could not be read, or not be deleted. */
  readonly failed: readonly UploadError[];
}
