import type { UploadError } from './errors.ts';
import type { PushPlan, UploadResult } from './upload.ts';

/** Some lines of a file that are uploaded as a file of their own. */
export interface Piece {
  /** From 1, in the order in which they become full. */
  readonly number: number;
  /** The name that the server gets. */
  readonly filename: string;
  /** From 1. Lines in between may belong to other pieces. */
  readonly firstLine: number;
  readonly lastLine: number;
  /** How many lines it has, without blank ones. */
  readonly lines: number;
  readonly bytes: number;
  /** The same for all its lines; null when they have none. */
  readonly url: string | null;
  readonly model: string | null;
}

/** The outcome of a piece. */
export type PieceOutcome =
  | { readonly status: 'completed'; readonly piece: Piece; readonly result: UploadResult }
  | { readonly status: 'failed'; readonly piece: Piece; readonly error: UploadError };

/** What `pushSplit` would do. */
export interface SplitPlan {
  /** Absolute path of the source. */
  readonly path: string;
  readonly bytes: number;
  /** Including blank ones. */
  readonly lines: number;
  readonly pieces: readonly PiecePlan[];
}

/** What a push would do with one piece of a file. */
export interface PiecePlan extends PushPlan {
  readonly piece: Piece;
  /** The id of the file that exists already, by the manifest. */
  readonly fileId: string | null;
}
