import { MAX_REPORTED_ISSUES } from '../model/issue.ts';
import { BATCH_FIELDS } from '../preflight/batch-rules.ts';
import { createJsonScanner } from '../preflight/json-scanner.ts';
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
  const scanner = createJsonScanner(BATCH_FIELDS);
  for await (const chunk of chunks) {
    const newline = chunk.indexOf(NEWLINE);
    scanner.read(chunk, 0, newline < 0 ? chunk.length : newline);
    if (newline >= 0) break;
  }
  const [id] = scanner.fields;
  return id?.kind === 'string' ? id.text : undefined;
}
