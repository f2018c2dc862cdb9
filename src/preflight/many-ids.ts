import { createFirstLines, hashText, type SeenLine } from './first-lines.ts';

/** Two lines that seem to have the same id. */
export interface Pair {
  readonly first: SeenLine;
  readonly again: SeenLine;
}

/** A private file that is gone at the end. */
export interface Scratch {
  /** Adds to its end. */
  write(bytes: Uint8Array): Promise<void>;
  /** Fills the buffer. */
  read(into: Uint8Array, position: number): Promise<void>;
}

/** Finds ids that come again among any number of lines, in bounded memory. */
export interface ManyIds {
  see(id: string, seen: SeenLine): void;
  /** Writes away what has come together; to be called now and then, between lines. */
  spill(): Promise<void>;
  /** How many lines have the id of an earlier one, and the first of them. */
  again(): Promise<{ readonly count: number; readonly first: readonly Pair[] }>;
}

/** High and low half of the hash, line, offset. */
const ENTRY_BYTES = 4 + 4 + 6 + 6;
/** No request is shorter: `{"custom_id":"","method":"POST","url":"/v1/videos","body":{}}`. */
const MIN_LINE_BYTES = 60;
/** Of one bucket, which is looked at in memory at the end. */
const BUCKET_BYTES = 16_000_000;
const MAX_BLOCK_BYTES = 3000 * ENTRY_BYTES;
const MIN_BLOCK_BYTES = 200 * ENTRY_BYTES;
/** For all blocks that are being filled. */
const BLOCKS_BYTES = 16_000_000;
/** Of a hopeless file only the first are told. */
const MAX_PAIRS = 1000;

/**
 * Keeps a hash of each id, in buckets by the hash, so that an id that comes again is in the bucket
 * of the first. What does not fit into a block of its bucket goes to the scratch file. At the end
 * one bucket after the other is looked at.
 */
export function createManyIds(fileBytes: number, scratch: () => Promise<Scratch>): ManyIds {
  const maxBytes = (fileBytes / MIN_LINE_BYTES) * ENTRY_BYTES;
  const count = Math.max(1, Math.ceil(maxBytes / BUCKET_BYTES));
  const share = Math.floor(BLOCKS_BYTES / count / ENTRY_BYTES) * ENTRY_BYTES;
  const blockBytes = Math.min(MAX_BLOCK_BYTES, Math.max(MIN_BLOCK_BYTES, share));
  const buckets = Array.from({ length: count }, () => ({
    block: undefined as Buffer | undefined,
    used: 0,
    /** Of its blocks in the scratch file, in units of blocks. */
    written: [] as number[],
  }));
  const full: { readonly bucket: (typeof buckets)[number]; readonly block: Buffer }[] = [];
  const spare: Buffer[] = [];
  let blocksWritten = 0;

  async function* blocksOf(
    { written, block, used }: (typeof buckets)[number],
    buffer: Buffer,
  ): AsyncGenerator<Buffer> {
    for (const number of written) {
      await (await scratch()).read(buffer, number * blockBytes);
      yield buffer;
    }
    if (block !== undefined) yield block.subarray(0, used);
  }

  return {
    see(id, { line, offset }) {
      const { high, low } = hashText(id);
      const bucket = buckets[high % count] as (typeof buckets)[number];
      bucket.block ??= spare.pop() ?? Buffer.allocUnsafe(blockBytes);
      bucket.block.writeUInt32LE(high, bucket.used);
      bucket.block.writeUInt32LE(low, bucket.used + 4);
      bucket.block.writeUIntLE(line, bucket.used + 8, 6);
      bucket.block.writeUIntLE(offset, bucket.used + 14, 6);
      bucket.used += ENTRY_BYTES;
      if (bucket.used < blockBytes) return;

      full.push({ bucket, block: bucket.block });
      bucket.block = undefined;
      bucket.used = 0;
    },
    async spill() {
      for (const { bucket, block } of full.splice(0)) {
        await (await scratch()).write(block);
        bucket.written.push(blocksWritten);
        blocksWritten += 1;
        spare.push(block);
      }
    },
    async again() {
      await this.spill();
      const pairs = createFirstPairs();
      const table = createFirstLines();
      const buffer = Buffer.allocUnsafe(blockBytes);

      for (const bucket of buckets) {
        table.clear();
        for await (const block of blocksOf(bucket, buffer)) {
          for (let at = 0; at < block.length; at += ENTRY_BYTES) {
            const hash = { high: block.readUInt32LE(at), low: block.readUInt32LE(at + 4) };
            const seen = { line: block.readUIntLE(at + 8, 6), offset: block.readUIntLE(at + 14, 6) };
            const first = table.firstOf(hash, seen);
            if (first !== undefined) pairs.put({ first, again: seen });
          }
        }
      }

      return pairs.told();
    },
  };
}

/** Those whose second line comes first in the file. */
function createFirstPairs() {
  let kept: Pair[] = [];
  let count = 0;
  const sort = () => {
    kept = kept.sort((a, b) => a.again.line - b.again.line).slice(0, MAX_PAIRS);
  };

  return {
    put(pair: Pair): void {
      count += 1;
      kept.push(pair);
      if (kept.length >= 2 * MAX_PAIRS) sort();
    },
    told() {
      sort();
      return { count, first: kept };
    },
  };
}
