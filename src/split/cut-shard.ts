import type { SplitShard } from '../model/shard.ts';

/** At most so much in each. */
export interface SplitBounds {
  readonly lines: number;
  readonly bytes: number;
}

/** A shard, and which bytes of the file it is. */
export interface CutShard extends SplitShard {
  /** Over its bytes, in the form of `checksum/part-checksum.js`. */
  readonly checksum: string;
  /** Of its slices, see `plan/write-places.ts`. */
  readonly places: string;
}

/** Without knowing which bytes they are. */
export type OutlinedShard = Omit<CutShard, 'places'>;

/** Five digits, so that names sort as numbers do. */
export const MOST_SHARDS = 99_999;
const ENDINGS = /\.(jsonl|ndjson|json)$/i;

/** `big.jsonl` becomes `big.00001.jsonl`. A batch wants that ending. */
export function shardName(filename: string, number: number): string {
  return `${filename.replace(ENDINGS, '')}.${String(number).padStart(5, '0')}.jsonl`;
}

/** What is told of a shard. */
export function shardOf(shard: SplitShard): SplitShard {
  const { number, filename, firstLine, lastLine, lines, bytes, url, model } = shard;
  return { number, filename, firstLine, lastLine, lines, bytes, url, model };
}
