import type { UploadError } from './errors.ts';
import type { PushPlan, UploadResult } from './upload.ts';

/** Some lines of a file, uploaded as a file of their own. */
export interface Piece {
  /** From 1, in the order in which the pieces become full. */
  readonly number: number;
  /** Its filename on the server. */
  readonly filename: string;
  /** From 1. Lines up to `lastLine` may belong to other pieces. */
  readonly firstLine: number;
  readonly lastLine: number;
  /** The number of lines, not counting blank ones. */
  readonly lines: number;
  readonly bytes: number;
  /** The URL that all its lines share; null when they have none. The same goes for `model`. */
  readonly url: string | null;
  readonly model: string | null;
}

/** How a piece has ended. */
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
  /** The id of the file that an earlier run made, according to the manifest. */
  readonly fileId: string | null;
}
