import type { UploadError } from './errors.ts';
import type { Issue } from './issue.ts';
import type { Peer } from './peer.ts';
import type { Piece } from './piece.ts';
import type { UploadResult } from './upload.ts';

/** The progress of an upload. These are totals, so a listener may skip any event. */
export interface Progress {
  readonly totalBytes: number;
  /** Bytes of the parts that the server has acknowledged, including those of earlier runs. */
  readonly acknowledgedBytes: number;
  /** Bytes that an earlier run sent. They do not count for the speed of this run. */
  readonly resumedBytes: number;
  /** Bytes handed to the network for parts that are not acknowledged yet. */
  readonly inFlightBytes: number;
  /** Null while it is not known, because parts are cut as they are sent. */
  readonly parts: number | null;
  readonly acknowledgedParts: number;
  /** Attempts of this run that failed and were tried again. */
  readonly retries: number;
  /**
   * Acknowledged bytes a second over the last 20 seconds; null before the first acknowledgement.
   */
  readonly bytesPerSecond: number | null;
  /** Milliseconds until all is sent at that speed; null before the first acknowledgement. */
  readonly restMs: number | null;
}

/** What happens during a run. New kinds may be added; ignore those that you do not know. */
export type UploadEvent =
  /**
   * A stream is being read into a private file, before there is an upload. `bytes`: read so far.
   */
  | { readonly type: 'spooling'; readonly filename: string; readonly bytes: number }
  /** The upload exists, new or continued, and its parts are sent from now on. */
  | {
      readonly type: 'started';
      readonly uploadId: string;
      readonly path: string;
      readonly filename: string;
      readonly bytes: number;
      /** Null when it is not known, because parts are cut as they are sent. */
      readonly parts: number | null;
      /** The size of every part but the last; null when parts are cut by the speed of the link. */
      readonly partBytes: number | null;
      /** The most parts on their way at once. */
      readonly concurrency: number;
      /** Parts that an earlier run had sent already; 0 for a new upload. */
      readonly partsResumed: number;
      readonly bytesResumed: number;
      /** Milliseconds until the upload expires; null when that is unknown. */
      readonly timeLeftMs: number | null;
    }
  /**
   * Checks the parts that were sent, sends parts, waits for the MD5, completes the upload, or waits
   * until the server has processed the file.
   */
  | {
      readonly type: 'phase';
      readonly phase: 'verifying' | 'sending' | 'hashing' | 'completing' | 'processing';
    }
  /** The preflight is reading the file. */
  | { readonly type: 'phase'; readonly phase: 'checking'; readonly path: string; readonly bytes: number }
  /** A file is split into these pieces. Each piece has events of its own. */
  | { readonly type: 'split'; readonly path: string; readonly pieces: readonly Piece[] }
  /** The preflight found something that may be wrong. */
  | {
      readonly type: 'warning';
      readonly path: string;
      readonly issue: Issue;
      /** With the last one: how many more warnings there are. */
      readonly omitted: number;
    }
  /**
   * The preflight found an error in a file that is being sent. Sending stops; the check goes on to
   * the end.
   */
  | { readonly type: 'unfit'; readonly path: string }
  | ({ readonly type: 'progress' } & Progress)
  /** An attempt failed. The next one follows after `delayMs`. */
  | {
      readonly type: 'retry';
      /** What is tried again: `create`, `part 3`, `complete`, … */
      readonly what: string;
      /** The attempt that failed, counted from 1. */
      readonly attempt: number;
      readonly delayMs: number;
      readonly error: UploadError;
    }
  /** Another process is working on the upload, and this run waits for it. */
  | { readonly type: 'waiting'; readonly owner: string }
  /** An unfinished session of the same file cannot be continued, so a new upload begins. */
  | { readonly type: 'passed_over'; readonly uploadId: string; readonly reason: string }
  /** The server does not say how long its uploads live, so only its refusals will tell. Emitted once. */
  | { readonly type: 'lifetime_unknown'; readonly uploadId: string }
  /** An upload that is of no use any more could not be cancelled, so it stays open on the server. */
  | { readonly type: 'left_open'; readonly uploadId: string; readonly error: UploadError }
  /** The same file was uploaded before, in Unix seconds of the server, and is uploaded again. */
  | { readonly type: 'repeated'; readonly fileId: string; readonly completedAt: number }
  /** An expired session continues as a new upload. */
  | { readonly type: 'restarted'; readonly from: string; readonly uploadId: string }
  /** The response to *complete* was lost, or names no file, but the server has the file. */
  | { readonly type: 'found'; readonly fileId: string }
  /** The file exists, but could not be recorded in the ledger. */
  | { readonly type: 'unrecorded'; readonly fileId: string; readonly error: UploadError }
  /**
   * A file counts as made of the same bytes by their MD5 and number alone: it was recorded by a version
   * that kept no SHA-256.
   */
  | { readonly type: 'matched_by_md5'; readonly fileId: string }
  /** At the present speed the rest will not be sent before the upload expires. Emitted once. */
  | {
      readonly type: 'deadline';
      readonly neededMs: number;
      readonly timeLeftMs: number;
      readonly bytesPerSecond: number;
      readonly requiredBytesPerSecond: number;
    }
  /** A request is over. */
  | {
      readonly type: 'request';
      readonly method: string;
      /** The path of the URL, without its query. */
      readonly path: string;
      /** Null when no response came. */
      readonly status: number | null;
      readonly requestId: string | null;
      /** From 1. */
      readonly attempt: number;
      readonly durationMs: number;
      /** The connection that was opened for it. Absent when it took one that was open. */
      readonly connection?: Peer;
      /** Without secrets, like those of the response. Names are in lower case. */
      readonly requestHeaders?: Readonly<Record<string, string>>;
      readonly responseHeaders?: Readonly<Record<string, string>>;
    }
  /** The file exists. */
  | { readonly type: 'completed'; readonly result: UploadResult };

/** Called when something happens. It is not awaited, and must not throw. */
export type OnEvent = (event: UploadEvent) => void;
