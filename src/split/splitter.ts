import { createHash, type Hash } from 'node:crypto';
import type { Piece } from '../model/piece.ts';
import { MAX_BATCH_INPUTS } from '../preflight/batch-rules.ts';

/** A line that is not blank, and where its bytes are in the file: a half-open interval. */
interface CutLine {
  readonly line: number;
  readonly start: number;
  readonly end: number;
  readonly url: string | null;
  readonly model: string | null;
  /** How many texts its request embeds. */
  readonly inputs: number;
}

/** A piece that still takes lines. */
export interface OpenPiece {
  readonly url: string | null;
  readonly model: string | null;
  readonly firstLine: number;
  lastLine: number;
  lines: number;
  bytes: number;
  inputs: number;
  /** The CRC-32 of its bytes so far. */
  crc: number;
  /** Their SHA-256. */
  readonly sha256: Hash;
}

/**
 * What to do with the lines, in their order: add bytes of the file to a piece, or close a piece.
 */
export type Step =
  | { readonly type: 'add'; readonly piece: OpenPiece; readonly start: number; end: number }
  | { readonly type: 'close'; readonly piece: OpenPiece; readonly number: number };

/** Assigns lines to pieces. */
export interface Splitter {
  add(line: CutLine): void;
  /** Closes the open pieces, because there are no more lines. */
  end(): void;
  /** Returns the steps since the last call. */
  takeSteps(): readonly Step[];
}

/**
 * The most open pieces. Each is a file on the disk. With hundreds of models, the largest one is
 * closed before it is full.
 */
export const MAX_OPEN_PIECES = 256;

/**
 * Splits lines into pieces within the limits, each with one URL and one model, in the order of the
 * file. Each pair of URL and model has one open piece. Pieces are numbered as they are closed, so
 * the first can be sent while the rest is still being read. Pieces that are still open at the end
 * are closed in the order of their first lines. The same lines always make the same pieces.
 */
export function createSplitter(bounds: SplitBounds, maxOpen = MAX_OPEN_PIECES): Splitter {
  const open = new Map<string, OpenPiece>();
  let steps: Step[] = [];
  let number = 0;

  function close(key: string, piece: OpenPiece): void {
    open.delete(key);
    number += 1;
    steps.push({ type: 'close', piece, number });
  }

  function closeLargest(): void {
    const [largest] = [...open].sort(([, a], [, b]) => b.bytes - a.bytes);
    if (largest !== undefined) close(...largest);
  }

  function openFor({ line, url, model }: CutLine, key: string): OpenPiece {
    if (open.size >= maxOpen) closeLargest();
    const none = { lines: 0, bytes: 0, inputs: 0, crc: 0, sha256: createHash('sha256') };
    const piece = { url, model, firstLine: line, lastLine: line, ...none };
    open.set(key, piece);
    return piece;
  }

  function addBytes(piece: OpenPiece, { start, end }: CutLine): void {
    const last = steps.at(-1);
    if (last?.type === 'add' && last.piece === piece && last.end === start) last.end = end;
    else steps.push({ type: 'add', piece, start, end });
  }

  return {
    add(line) {
      const key = pairKey(line);
      const bytes = line.end - line.start;
      const before = open.get(key);
      const isFull =
        before !== undefined &&
        (before.lines >= bounds.lines ||
          before.bytes + bytes > bounds.bytes ||
          before.inputs + line.inputs > MAX_BATCH_INPUTS);
      if (isFull) close(key, before);
      const piece = isFull || before === undefined ? openFor(line, key) : before;

      piece.lastLine = line.line;
      piece.lines += 1;
      piece.bytes += bytes;
      piece.inputs += line.inputs;
      addBytes(piece, line);
    },
    end() {
      for (const [key, piece] of [...open].sort(([, a], [, b]) => a.firstLine - b.firstLine))
        close(key, piece);
    },
    takeSteps() {
      const taken = steps;
      steps = [];
      return taken;
    },
  };
}

/** Makes a key that is unique for each pair of URL and model. */
export function pairKey({ url, model }: Pick<Piece, 'url' | 'model'>): string {
  return `${url?.length ?? '-'} ${url ?? ''} ${model === null ? '-' : `+${model}`}`;
}

/** The most that a piece may have. */
export interface SplitBounds {
  readonly lines: number;
  readonly bytes: number;
}

/** A piece that takes no more lines. */
export interface CutPiece extends Piece {
  /** The checksum of its bytes, in the form of `checksum/part-checksum.ts`. */
  readonly checksum: string;
  /** Of the same bytes, lowercase hex. */
  readonly sha256: string;
}

/** The number in a name has five digits, so names sort like numbers. */
export const MAX_PIECES = 99_999;
const ENDINGS = /\.(jsonl|ndjson|json)$/i;

/** Describes a piece once all its bytes were read. `filename`: the name of the whole file. */
export function describePiece(
  { crc, sha256, inputs: _, ...piece }: OpenPiece,
  number: number,
  filename: string,
): CutPiece {
  // A batch needs the extension.
  const name = `${filename.replace(ENDINGS, '')}.${String(number).padStart(5, '0')}.jsonl`;
  const checksum = `crc32:${crc.toString(16).padStart(8, '0')}`;
  return { number, filename: name, ...piece, checksum, sha256: sha256.digest('hex') };
}

/** Picks the fields of a piece that callers see. */
export function pieceOf(piece: Piece): Piece {
  const { number, filename, firstLine, lastLine, lines, bytes, url, model } = piece;
  return { number, filename, firstLine, lastLine, lines, bytes, url, model };
}
