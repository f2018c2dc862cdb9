import { MAX_REPORTED_ISSUES } from '../model/issue.ts';
import { createIssueList } from '../preflight/issues.ts';
import { createJsonlReader } from '../preflight/jsonl-reader.ts';

/** A line that has the id of an earlier one. */
interface DuplicateId {
  readonly id: string;
  readonly line: number;
  readonly first: number;
}

/** Finds ids that occur more than once, among any number of lines. */
export interface DuplicateIds {
  see(id: string, line: number): void;
  /**
   * Reads lines with equal hashes again and compares their ids. `readAll` yields the bytes of the
   * file from its start. `count` includes lines beyond those that are read again.
   */
  confirm(readAll: () => AsyncIterable<Buffer>): Promise<{
    readonly count: number;
    readonly duplicates: readonly DuplicateId[];
  }>;
}

/** The high and low half of the hash, and the line. A line of 0 marks a free place. */
const ENTRY_NUMBERS = 3;
/**
 * A place has 12 bytes. A table doubles when three quarters are used, so a line takes at most 32
 * bytes.
 */
const FIRST_PLACES = 64;
const MAX_USE = 0.75;
/** While one of these tables grows, the others stay as they are. */
const TABLES = 256;
/** The most lines with equal hashes to read again. A hopeless file may have more. */
const MAX_HITS = 100 * MAX_REPORTED_ISSUES;

interface Table {
  entries: Uint32Array;
  used: number;
}

/** Keeps a 64-bit hash of each id and its line number, in flat arrays. */
export function createDuplicateIds(hash = hashText): DuplicateIds {
  const tables = Array.from({ length: TABLES }, () => newTable(FIRST_PLACES));
  /** Pairs of lines with equal hashes. */
  const hits: { readonly first: number; readonly line: number }[] = [];
  let hitCount = 0;

  return {
    see(id, line) {
      const { high, low } = hash(id);
      const index = high % TABLES;
      const table = tables[index] as Table;
      const first = lineOrAdd(table, [high, low, line]);
      if (table.used > (table.entries.length / ENTRY_NUMBERS) * MAX_USE) tables[index] = grown(table);
      if (first === undefined) return;

      hitCount += 1;
      if (hits.length < MAX_HITS) hits.push({ first, line });
    },
    async confirm(readAll) {
      const ids = await readIds(new Set(hits.flatMap(({ first, line }) => [first, line])), readAll);
      const firstLines = new Map<string, number>();
      const duplicates: DuplicateId[] = [];

      for (const { first, line } of hits) {
        const id = ids.get(line);
        if (id === undefined) continue;
        // When three lines have equal hashes, the last two may share an id that the first does not
        // have.
        const firstId = ids.get(first);
        if (firstId !== undefined && !firstLines.has(firstId)) firstLines.set(firstId, first);
        const same = firstLines.get(id);
        if (same === undefined) firstLines.set(id, line);
        else duplicates.push({ id, line, first: same });
      }

      return { count: hitCount - hits.length + duplicates.length, duplicates };
    },
  };
}

function newTable(places: number): Table {
  return { entries: new Uint32Array(places * ENTRY_NUMBERS), used: 0 };
}

type Entry = readonly [high: number, low: number, line: number];

/** Returns the line that had this hash before, or adds this one and returns undefined. */
function lineOrAdd(table: Table, [high, low, line]: Entry): number | undefined {
  const { entries } = table;
  // The number of places is a power of two, so a mask picks one.
  let at = (low & (entries.length / ENTRY_NUMBERS - 1)) * ENTRY_NUMBERS;

  while (entries[at + 2] !== 0) {
    if (entries[at] === high && entries[at + 1] === low) return entries[at + 2];
    at = (at + ENTRY_NUMBERS) % entries.length;
  }

  entries[at] = high;
  entries[at + 1] = low;
  entries[at + 2] = line;
  table.used += 1;
  return undefined;
}

function grown({ entries }: Table): Table {
  const table = newTable((2 * entries.length) / ENTRY_NUMBERS);

  for (let at = 0; at < entries.length; at += ENTRY_NUMBERS) {
    const line = entries[at + 2] as number;
    if (line !== 0) lineOrAdd(table, [entries[at] as number, entries[at + 1] as number, line]);
  }

  return table;
}

const NEWLINE = 0x0a;

/** Reads the ids of these lines. No other lines are parsed. */
async function readIds(
  wanted: ReadonlySet<number>,
  readAll: () => AsyncIterable<Buffer>,
): Promise<ReadonlyMap<number, string>> {
  const ids = new Map<number, string>();
  if (wanted.size === 0) return ids;

  const order = [...wanted].sort((a, b) => a - b);
  const rules = {
    line({ custom_id: id }: { readonly custom_id?: unknown }, nth: number) {
      const line = order[nth - 1];
      if (line !== undefined && typeof id === 'string') ids.set(line, id);
    },
    end() {},
  };
  // The first reading has reported everything about these lines.
  const reader = createJsonlReader(rules, createIssueList());
  const last = order.at(-1) ?? 0;
  let line = 1;

  for await (const chunk of readAll()) {
    for (let start = 0; start < chunk.length && line <= last; ) {
      const newline = chunk.indexOf(NEWLINE, start);
      const end = newline < 0 ? chunk.length : newline + 1;
      if (wanted.has(line)) reader.read(chunk.subarray(start, end));
      if (newline >= 0) line += 1;
      start = end;
    }
    if (line > last) break;
  }

  reader.end();
  return ids;
}

/**
 * A hash of 64 bits, in two halves. It need not be secure, because the ids of equal hashes are
 * compared.
 */
function hashText(text: string): { readonly high: number; readonly low: number } {
  let high = 0xdeadbeef;
  let low = 0x41c6ce57;

  for (let at = 0; at < text.length; at += 1) {
    const code = text.charCodeAt(at);
    high = Math.imul(high ^ code, 0x9e3779b1);
    low = Math.imul(low ^ code, 0x5f356495);
  }

  high = Math.imul(high ^ (high >>> 16), 0x85ebca6b) ^ Math.imul(low ^ (low >>> 13), 0xc2b2ae35);
  low = Math.imul(low ^ (low >>> 16), 0x85ebca6b) ^ Math.imul(high ^ (high >>> 13), 0xc2b2ae35);

  return { high: high >>> 0, low: low >>> 0 };
}
