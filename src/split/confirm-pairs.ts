import { MAX_REPORTED_ISSUES } from '../model/issue.ts';
import { createIssueList } from '../preflight/issue-list.ts';
import { createJsonlReader, type JsonObject } from '../preflight/jsonl-reader.ts';
import type { ManyIds, Pair } from '../preflight/many-ids.ts';

/** Two lines that certainly have the same id. */
export interface SameId extends Pair {
  readonly id: string;
}

/**
 * Reads lines with equal hashes of their ids again, as many as are reported. Pairs whose ids differ
 * are not counted. `bytesAt` yields the bytes of the file from an offset on.
 */
export async function confirmPairs(
  { count, first }: Awaited<ReturnType<ManyIds['again']>>,
  bytesAt: (offset: number) => AsyncIterable<Buffer>,
): Promise<{ readonly count: number; readonly same: readonly SameId[] }> {
  const same: SameId[] = [];
  let others = 0;

  for (const pair of first) {
    if (same.length === MAX_REPORTED_ISSUES) break;
    const id = await idAt(bytesAt(pair.first.offset));
    if (id !== undefined && id === (await idAt(bytesAt(pair.again.offset)))) same.push({ ...pair, id });
    else others += 1;
  }

  return { count: count - others, same };
}

const NEWLINE = 0x0a;

async function idAt(chunks: AsyncIterable<Buffer>): Promise<string | undefined> {
  let id: unknown;
  const rules = {
    line({ custom_id }: JsonObject) {
      id = custom_id;
    },
    end() {},
  };
  // All of it was reported the first time.
  const reader = createJsonlReader(rules, createIssueList());

  for await (const chunk of chunks) {
    const newline = chunk.indexOf(NEWLINE);
    reader.read(newline < 0 ? chunk : chunk.subarray(0, newline));
    if (newline >= 0) break;
  }
  reader.end();
  return typeof id === 'string' ? id : undefined;
}
