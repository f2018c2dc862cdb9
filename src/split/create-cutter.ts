import { joinCrc32 } from '../checksum/join-checksums.ts';
import { createPlacesWriter, type PlacesWriter } from '../plan/write-places.ts';
import { type CutShard, type SplitBounds, shardName } from './cut-shard.ts';

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

/** Deals lines out to shards. */
export interface Splitter {
  add(line: CutLine): void;
  /** There are no more. */
  end(): void;
}

interface OpenShard {
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
 * For where the slices of all open shards are. Twenty shards of 50,000 lines in turn need a quarter of it; when there are hundreds of
 * models, the shard with the most slices is closed before it is full.
 */
const MOST_PLACES_BYTES = 16_000_000;
/** Writers that are kept for the next shards: what is freed all the time is not given back to the system. */
const MOST_SPARE_WRITERS = 8;
/** What an open shard takes beside them. */
const SHARD_BYTES = 1000;

/**
 * Cuts lines into shards within the bounds, each of one URL and one model, in the order of the file. There is one open shard for
 * each of these. They are numbered as they are closed, so that the first can be sent while the rest is still read; what is open at
 * the end is closed in the order of its first line. The same lines always make the same shards.
 */
export function createSplitter(options: {
  readonly bounds: SplitBounds;
  /** Of the whole file, for the names of the shards. */
  readonly filename: string;
  readonly onShard: (shard: CutShard) => void;
  readonly mostPlacesBytes?: number;
}): Splitter {
  const { bounds, filename, onShard, mostPlacesBytes = MOST_PLACES_BYTES } = options;
  const open = new Map<string, OpenShard>();
  const spare: PlacesWriter[] = [];
  let placesBytes = 0;
  let number = 0;

  function close(key: string, shard: OpenShard): void {
    open.delete(key);
    placesBytes -= shard.places.size() + SHARD_BYTES;
    number += 1;
    const { url, model, firstLine, lastLine, lines, bytes, crc, places } = shard;
    const checksum = `crc32:${crc.toString(16).padStart(8, '0')}`;
    const name = shardName(filename, number);
    const about = { number, filename: name, firstLine, lastLine, lines, bytes, url, model };
    const text = places.text();
    places.clear();
    if (spare.length < MOST_SPARE_WRITERS) spare.push(places);
    onShard({ ...about, checksum, places: text });
  }

  function closeLargest(): void {
    let largest: [string, OpenShard] | undefined;
    for (const each of open) if (each[1].places.size() > (largest?.[1].places.size() ?? -1)) largest = each;
    if (largest !== undefined) close(...largest);
  }

  function openFor({ line, url, model }: CutLine, key: string): OpenShard {
    const places = spare.pop() ?? createPlacesWriter();
    const counts = { firstLine: line, lastLine: line, lines: 0, bytes: 0, crc: 0 };
    const shard = { url, model, ...counts, places };
    open.set(key, shard);
    placesBytes += places.size() + SHARD_BYTES;
    return shard;
  }

  return {
    add(line) {
      const key = keyOf(line);
      const bytes = line.end - line.start;
      const before = open.get(key);
      const isFull =
        before !== undefined && (before.lines >= bounds.lines || before.bytes + bytes > bounds.bytes);
      if (isFull) close(key, before);
      const shard = isFull || before === undefined ? openFor(line, key) : before;
      placesBytes -= shard.places.size();
      shard.places.add(line.start, bytes);
      placesBytes += shard.places.size();
      shard.lastLine = line.line;
      shard.lines += 1;
      shard.crc = shard.bytes === 0 ? line.crc : joinCrc32(shard.crc, line.crc, bytes);
      shard.bytes += bytes;
      if (placesBytes > mostPlacesBytes) closeLargest();
    },
    end() {
      for (const [key, shard] of [...open].sort(([, a], [, b]) => a.firstLine - b.firstLine))
        close(key, shard);
    },
  };
}

/** No two pairs have the same. */
function keyOf({ url, model }: CutLine): string {
  return `${url?.length ?? '-'} ${url ?? ''} ${model === null ? '-' : `+${model}`}`;
}
