import type { UploadError } from './errors.ts';
import type { Issue } from './issue.ts';
import type { Piece } from './piece.ts';
import type { UploadResult } from './upload.ts';

/** How far an upload is. Totals, never deltas, so that a listener may skip any of them. */
export interface Progress {
  readonly totalBytes: number;
  /** Bytes of parts the server has acknowledged, those of earlier runs included. */
  readonly acknowledgedBytes: number;
  /** Bytes that an earlier run had sent; not to be counted in the speed of this one. */
  readonly resumedBytes: number;
  /** Bytes handed to the network for parts that are not acknowledged yet. */
  readonly inFlightBytes: number;
  readonly parts: number;
  readonly acknowledgedParts: number;
  /** Attempts of this run that have failed and were followed by another. */
  readonly retries: number;
}

/** What a run tells while it goes on. New kinds may be added; ignore those you do not know. */
export type UploadEvent =
  /** A stream is read into a private file, before there is an upload. `bytes`: so far. */
  | { readonly type: 'spooling'; readonly filename: string; readonly bytes: number }
  /** The upload is there, new or continued, and its parts are sent from now on. */
  | {
      readonly type: 'started';
      readonly uploadId: string;
      readonly path: string;
      readonly filename: string;
      readonly bytes: number;
      readonly parts: number;
      readonly partBytes: number;
      /** Parts on their way at once, at first. */
      readonly concurrency: number;
      /** Parts that an earlier run had sent already; 0 for a new upload. */
      readonly partsResumed: number;
      readonly bytesResumed: number;
      /** Milliseconds until the upload expires. */
      readonly timeLeftMs: number;
    }
  /** Reads again what was sent, sends, waits for the MD5 of the whole, has the server make the file. */
  | { readonly type: 'phase'; readonly phase: 'verifying' | 'sending' | 'hashing' | 'completing' }
  /** The preflight reads the file. */
  | { readonly type: 'phase'; readonly phase: 'checking'; readonly path: string; readonly bytes: number }
  /** A file is cut into these, which are uploaded one by one; each has events of its own. */
  | { readonly type: 'split'; readonly path: string; readonly pieces: readonly Piece[] }
  /** The preflight has found something doubtful. */
  | {
      readonly type: 'warning';
      readonly path: string;
      readonly issue: Issue;
      /** With the last one: how many more there are that are not told. */
      readonly omitted: number;
    }
  /** The preflight has found an error in a file that is being sent: the sending stops, the reading goes on to tell all errors. */
  | { readonly type: 'unfit'; readonly path: string }
  | ({ readonly type: 'progress' } & Progress)
  /** An attempt has failed, and the next one follows after `delayMs`. */
  | {
      readonly type: 'retry';
      /** What is tried again: `create`, `part 3`, `complete`, … */
      readonly what: string;
      /** The attempt that failed, counted from 1. */
      readonly attempt: number;
      readonly delayMs: number;
      readonly error: UploadError;
    }
  /** Another process has the upload; we wait until it lets go. */
  | { readonly type: 'waiting'; readonly owner: string }
  /** An unfinished session of the same file that cannot be continued, so that a new upload begins. */
  | { readonly type: 'passed_over'; readonly uploadId: string; readonly reason: string }
  /** An expired session goes on as a new upload. */
  | { readonly type: 'restarted'; readonly from: string; readonly uploadId: string }
  /** The answer to complete was lost, but the server has the file. */
  | { readonly type: 'found'; readonly fileId: string }
  /** The file is there, but the ledger could not take note of it. */
  | { readonly type: 'unrecorded'; readonly fileId: string; readonly error: UploadError }
  /** At the present speed the rest will not fit in the time the upload has left. Told once. */
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
      /** Of the URL, without its query. */
      readonly path: string;
      /** Null when no answer came. */
      readonly status: number | null;
      readonly requestId: string | null;
      /** From 1. */
      readonly attempt: number;
      readonly durationMs: number;
    }
  /** There is a file. */
  | { readonly type: 'completed'; readonly result: UploadResult };

/** Called as things happen, and not waited for. It must not throw. */
export type OnEvent = (event: UploadEvent) => void;
