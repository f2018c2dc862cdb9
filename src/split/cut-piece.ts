import type { Piece } from '../model/piece.ts';

/** At most so much in each. */
export interface SplitBounds {
  readonly lines: number;
  readonly bytes: number;
}

/** A piece, and which bytes of the file it is. */
export interface CutPiece extends Piece {
  /** Over its bytes, in the form of `checksum/part-checksum.ts`. */
  readonly checksum: string;
  /** Of its slices, see `plan/write-places.ts`. */
  readonly places: string;
}

/** Without knowing which bytes they are. */
export type OutlinedPiece = Omit<CutPiece, 'places'>;

/** Five digits, so that names sort as numbers do. */
export const MAX_PIECES = 99_999;
const ENDINGS = /\.(jsonl|ndjson|json)$/i;

/** `big.jsonl` becomes `big.00001.jsonl`. A batch wants that ending. */
export function pieceName(filename: string, number: number): string {
  return `${filename.replace(ENDINGS, '')}.${String(number).padStart(5, '0')}.jsonl`;
}

/** What is told of a piece. */
export function pieceOf(piece: Piece): Piece {
  const { number, filename, firstLine, lastLine, lines, bytes, url, model } = piece;
  return { number, filename, firstLine, lastLine, lines, bytes, url, model };
}
