import { joinCrc32 } from '../checksum/part-checksum.ts';
import type { Piece } from '../model/piece.ts';
import { createPlacesWriter, type PlacesWriter } from '../plan/write-places.ts';

/** A line that is not blank, and its half-open range of bytes in the file. */
interface CutLine {
  readonly line: number;
  readonly start: number;
  readonly end: number;
  /** The CRC-32 of its bytes. */
  readonly crc: number;
  readonly url: string | null;
  readonly model: string | null;
}

/** Assigns lines to pieces. */
export interface Splitter {
  add(line: CutLine): void;
  /** Closes the open pieces, because there are no more lines. */
  end(): void;
}

interface OpenPiece {
  readonly url: string | null;
  readonly model: string | null;
  readonly firstLine: number;
  lastLine: number;
  lines: number;
  bytes: number;
  crc: number;
  readonly places: PlacesWriter;
}

/**
 * Bounds the places of all open pieces. Twenty interleaved pieces of 50,000 lines need a quarter of
 * it. With hundreds of models, the piece with the most slices is closed before it is full.
 */
const MAX_PLACES_BYTES = 16_000_000;
/**
 * Writers to reuse for the next pieces, because memory that is freed all the time is not returned
 * to the system.
 */
const MAX_SPARE_WRITERS = 8;
/** Estimates what an open piece takes beside its places. */
const SHARD_BYTES = 1000;

/**
 * Splits lines into pieces within the limits, each of one URL and one model, in the order of the
 * file. Each pair of these has one open piece. Pieces are numbered as they are closed, so that the
 * first can be sent while the rest is still being read. Those still open at the end are closed in
 * the order of their first lines. The same lines always make the same pieces.
 */
export function createSplitter(options: {
  readonly bounds: SplitBounds;
  /** The name of the whole file, for the names of the pieces. */
  readonly filename: string;
  readonly onPiece: (piece: CutPiece) => void;
  readonly mostPlacesBytes?: number;
}): Splitter {
  const { bounds, filename, onPiece, mostPlacesBytes = MAX_PLACES_BYTES } = options;
  const open = new Map<string, OpenPiece>();
  const spare: PlacesWriter[] = [];
  let placesBytes = 0;
  let number = 0;

  function close(key: string, piece: OpenPiece): void {
    open.delete(key);
    placesBytes -= piece.places.size() + SHARD_BYTES;
    number += 1;
    const { url, model, firstLine, lastLine, lines, bytes, crc, places } = piece;
    const checksum = `crc32:${crc.toString(16).padStart(8, '0')}`;
    const name = pieceName(filename, number);
    const about = { number, filename: name, firstLine, lastLine, lines, bytes, url, model };
    const text = places.text();

    places.clear();
    if (spare.length < MAX_SPARE_WRITERS) spare.push(places);
    onPiece({ ...about, checksum, places: text });
  }

  function closeLargest(): void {
    let largest: [string, OpenPiece] | undefined;
    for (const each of open) if (each[1].places.size() > (largest?.[1].places.size() ?? -1)) largest = each;
    if (largest !== undefined) close(...largest);
  }

  function openFor({ line, url, model }: CutLine, key: string): OpenPiece {
    const places = spare.pop() ?? createPlacesWriter();
    const counts = { firstLine: line, lastLine: line, lines: 0, bytes: 0, crc: 0 };
    const piece = { url, model, ...counts, places };
    open.set(key, piece);
    placesBytes += places.size() + SHARD_BYTES;
    return piece;
  }

  return {
    add(line) {
      const key = keyOf(line);
      const bytes = line.end - line.start;
      const before = open.get(key);
      const isFull =
        before !== undefined && (before.lines >= bounds.lines || before.bytes + bytes > bounds.bytes);
      if (isFull) close(key, before);
      const piece = isFull || before === undefined ? openFor(line, key) : before;

      placesBytes -= piece.places.size();
      piece.places.add(line.start, bytes);
      placesBytes += piece.places.size();
      piece.lastLine = line.line;
      piece.lines += 1;
      piece.crc = piece.bytes === 0 ? line.crc : joinCrc32(piece.crc, line.crc, bytes);
      piece.bytes += bytes;
      if (placesBytes > mostPlacesBytes) closeLargest();
    },
    end() {
      for (const [key, piece] of [...open].sort(([, a], [, b]) => a.firstLine - b.firstLine))
        close(key, piece);
    },
  };
}

/** Makes a key that is unique for each pair of URL and model. */
function keyOf({ url, model }: CutLine): string {
  return `${url?.length ?? '-'} ${url ?? ''} ${model === null ? '-' : `+${model}`}`;
}

/** The most that a piece may have. */
export interface SplitBounds {
  readonly lines: number;
  readonly bytes: number;
}

/** A piece and the places of its bytes in the file. */
export interface CutPiece extends Piece {
  /** The checksum of its bytes, in the form of `checksum/part-checksum.ts`. */
  readonly checksum: string;
  /** The places of its slices, see `plan/write-places.ts`. */
  readonly places: string;
}

/** A piece without the places of its bytes. */
export type OutlinedPiece = Omit<CutPiece, 'places'>;

/** Allows five digits, so that names sort like numbers. */
export const MAX_PIECES = 99_999;
const ENDINGS = /\.(jsonl|ndjson|json)$/i;

/** Names `big.00001.jsonl` after `big.jsonl`. A batch needs that extension. */
function pieceName(filename: string, number: number): string {
  return `${filename.replace(ENDINGS, '')}.${String(number).padStart(5, '0')}.jsonl`;
}

/** Picks the fields of a piece that are reported. */
export function pieceOf(piece: Piece): Piece {
  const { number, filename, firstLine, lastLine, lines, bytes, url, model } = piece;
  return { number, filename, firstLine, lastLine, lines, bytes, url, model };
}
