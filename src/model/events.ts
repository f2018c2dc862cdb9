import type { UploadError } from './errors.ts';
import type { Issue } from './issue.ts';
import type { Peer } from './peer.ts';
import type { Piece } from './piece.ts';
import type { UploadResult } from './upload.ts';

/** The progress of an upload. All values are totals, so a listener may skip any event. */
export interface Progress {
  readonly totalBytes: number;
  /** Bytes of the parts that the server has acknowledged, in this run and earlier ones. */
  readonly acknowledgedBytes: number;
  /** Bytes that earlier runs sent. They do not count towards the speed of this run. */
  readonly resumedBytes: number;
  /** Bytes handed to the network in parts that are not acknowledged yet. */
  readonly inFlightBytes: number;
  /** Null while unknown, because parts are cut as they are sent. */
  readonly parts: number | null;
  readonly acknowledgedParts: number;
  /** Failed attempts of this run that were followed by another one. */
  readonly retries: number;
  /**
   * Acknowledged bytes per second over the last 20 seconds; null before the first acknowledgement.
   */
  readonly bytesPerSecond: number | null;
  /** Milliseconds until everything is sent at that speed; null before the first acknowledgement. */
  readonly restMs: number | null;
}

/** What happens during a run. New types may be added; ignore those that you do not know. */
export type UploadEvent =
  /**
   * A stream is being read into a private file before the upload is created. `bytes`: read so far.
   */
  | { readonly type: 'spooling'; readonly filename: string; readonly bytes: number }
  /** The upload was created or is being continued. Its parts are sent from now on. */
  | {
      readonly type: 'started';
      readonly uploadId: string;
      readonly path: string;
      readonly filename: string;
      readonly bytes: number;
      /** Null while unknown, because parts are cut as they are sent. */
      readonly parts: number | null;
      /** The size of every part but the last; null when part sizes follow the speed of the link. */
      readonly partBytes: number | null;
      /** The most parts in flight at once. */
      readonly concurrency: number;
      /** Parts that earlier runs sent; 0 for a new upload. */
      readonly partsResumed: number;
      readonly bytesResumed: number;
      /** Milliseconds until the upload expires; null when that is unknown. */
      readonly timeLeftMs: number | null;
    }
  /**
   * The run checks the parts that were sent before, sends parts, waits for the MD5, completes the
   * upload, or waits for the server to process the file.
   */
  | {
      readonly type: 'phase';
      readonly phase: 'verifying' | 'sending' | 'hashing' | 'completing' | 'processing';
    }
  /** The preflight is reading the file. */
  | { readonly type: 'phase'; readonly phase: 'checking'; readonly path: string; readonly bytes: number }
  /** The file is uploaded in these pieces. Each piece has events of its own. */
  | { readonly type: 'split'; readonly path: string; readonly pieces: readonly Piece[] }
  /** The preflight found something that may be wrong. */
  | {
      readonly type: 'warning';
      readonly path: string;
      readonly issue: Issue;
      /** On the last warning, how many more there are that are not emitted. Otherwise 0. */
      readonly omitted: number;
    }
  /**
   * The preflight found an error in a file that is being sent. Sending stops, and the check runs to
   * the end of the file.
   */
  | { readonly type: 'unfit'; readonly path: string }
  | ({ readonly type: 'progress' } & Progress)
  /** An attempt failed. The next one follows after `delayMs`. */
  | {
      readonly type: 'retry';
      /** The request that is tried again: `create`, `part 3`, `complete`, … */
      readonly what: string;
      /** The number of the failed attempt, from 1. */
      readonly attempt: number;
      readonly delayMs: number;
      readonly error: UploadError;
    }
  /** Another process is working on the upload, and this run waits for it. */
  | { readonly type: 'waiting'; readonly owner: string }
  /** An unfinished session of the same file cannot be continued, so a new upload begins. */
  | { readonly type: 'passed_over'; readonly uploadId: string; readonly reason: string }
  /**
   * The server does not say when the upload expires, so only a refusal will show it. Emitted once.
   */
  | { readonly type: 'lifetime_unknown'; readonly uploadId: string }
  /** An upload that was given up could not be cancelled, so it stays open on the server. */
  | { readonly type: 'left_open'; readonly uploadId: string; readonly error: UploadError }
  /**
   * The same file was uploaded before and is uploaded again. `completedAt`: Unix seconds by the
   * server's clock.
   */
  | { readonly type: 'repeated'; readonly fileId: string; readonly completedAt: number }
  /** An expired session starts over as a new upload. */
  | { readonly type: 'restarted'; readonly from: string; readonly uploadId: string }
  /** The response to *complete* was lost, or named no file, but the file was found on the server. */
  | { readonly type: 'found'; readonly fileId: string }
  /** The file exists, but could not be recorded in the ledger. */
  | { readonly type: 'unrecorded'; readonly fileId: string; readonly error: UploadError }
  /**
   * An earlier file counts as the same because its MD5 and size are equal. It was recorded by a
   * version that kept no SHA-256.
   */
  | { readonly type: 'matched_by_md5'; readonly fileId: string }
  /** At the current speed, the upload will expire before the rest is sent. Emitted once. */
  | {
      readonly type: 'deadline';
      readonly neededMs: number;
      readonly timeLeftMs: number;
      readonly bytesPerSecond: number;
      readonly requiredBytesPerSecond: number;
    }
  /** A request has ended. */
  | {
      readonly type: 'request';
      readonly method: string;
      /** The path of the URL, without its query. */
      readonly path: string;
      /** Absent without one. It begins with "?", and has no secrets. */
      readonly query?: string;
      /** Null when no response came. */
      readonly status: number | null;
      readonly requestId: string | null;
      /** From 1. */
      readonly attempt: number;
      readonly durationMs: number;
      /** The connection opened for this request. Absent when it used one that was already open. */
      readonly connection?: Peer;
      /** Without secrets, with names in lower case. The same goes for `responseHeaders`. */
      readonly requestHeaders?: Readonly<Record<string, string>>;
      readonly responseHeaders?: Readonly<Record<string, string>>;
    }
  /** The file exists. */
  | { readonly type: 'completed'; readonly result: UploadResult };

/** Called for every event. It is not awaited, and must not throw. */
export type OnEvent = (event: UploadEvent) => void;
