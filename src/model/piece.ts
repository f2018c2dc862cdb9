import type { UploadError } from './errors.ts';
import type { PushPlan, UploadResult } from './upload.ts';

/** Some lines of a file, which are uploaded as a file of their own. */
export interface Piece {
  /** From 1, in the order in which they become full. */
  readonly number: number;
  /** The name the server is told. */
  readonly filename: string;
  /** From 1. What lies between them may belong to other pieces. */
  readonly firstLine: number;
  readonly lastLine: number;
  /** How many it has; blank ones are left out. */
  readonly lines: number;
  readonly bytes: number;
  /** Of all its lines; null where they have none. */
  readonly url: string | null;
  readonly model: string | null;
}

/** What came of a piece. */
export type PieceOutcome =
  | { readonly status: 'completed'; readonly piece: Piece; readonly result: UploadResult }
  | { readonly status: 'failed'; readonly piece: Piece; readonly error: UploadError };

/** What a push of a file in pieces would do. */
export interface SplitPlan {
  /** Absolute path of the source. */
  readonly path: string;
  readonly bytes: number;
  /** Blank ones included. */
  readonly lines: number;
  readonly pieces: readonly PiecePlan[];
}

/** What a push would do with one piece of a file. */
export interface PiecePlan extends PushPlan {
  readonly piece: Piece;
  /** Of the file that there is already, as the manifest says. */
  readonly fileId: string | null;
}
