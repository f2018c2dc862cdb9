import { joinCrc32 } from '../checksum/part-checksum.ts';
import { createPlacesWriter, type PlacesWriter } from '../plan/write-places.ts';
import { type CutPiece, pieceName, type SplitBounds } from './cut-piece.ts';

/** A line that is not blank, and where it is in the file, half-open. */
interface CutLine {
  readonly line: number;
  readonly start: number;
  readonly end: number;
  /** The CRC-32 of its bytes. */
  readonly crc: number;
  readonly url: string | null;
  readonly model: string | null;
}

/** Deals lines out to pieces. */
export interface Splitter {
  add(line: CutLine): void;
  /** There are no more. */
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
 * For where the slices of all open pieces are. Twenty pieces of 50,000 lines in turn need a quarter of it; when there are hundreds of
 * models, the piece with the most slices is closed before it is full.
 */
const MAX_PLACES_BYTES = 16_000_000;
/** Writers that are kept for the next pieces: what is freed all the time is not given back to the system. */
const MAX_SPARE_WRITERS = 8;
/** What an open piece takes beside them. */
const SHARD_BYTES = 1000;

/**
 * Cuts lines into pieces within the bounds, each of one URL and one model, in the order of the file. There is one open piece for
 * each of these. They are numbered as they are closed, so that the first can be sent while the rest is still read; what is open at
 * the end is closed in the order of its first line. The same lines always make the same pieces.
 */
export function createSplitter(options: {
  readonly bounds: SplitBounds;
  /** Of the whole file, for the names of the pieces. */
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

/** No two pairs have the same. */
function keyOf({ url, model }: CutLine): string {
  return `${url?.length ?? '-'} ${url ?? ''} ${model === null ? '-' : `+${model}`}`;
}
