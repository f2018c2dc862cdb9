import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { createManyIds, type Scratch } from '../../../src/preflight/many-ids.ts';

/** A scratch file in memory that counts what is written. */
function memory() {
  let bytes = Buffer.alloc(0);
  const scratch: Scratch = {
    async write(more) {
      bytes = Buffer.concat([bytes, more]);
    },
    async read(into, position) {
      expect(bytes.copy(into, 0, position)).toBe(into.length);
    },
  };
  return { open: async () => scratch, size: () => bytes.length };
}

/** What a map that remembers everything says. */
function pairsOf(ids: readonly string[]) {
  const first = new Map<string, number>();
  return ids.flatMap((id, index) => {
    const before = first.get(id);
    if (before === undefined) first.set(id, index + 1);
    return before === undefined ? [] : [[before, index + 1]];
  });
}

async function find(ids: readonly string[], fileBytes: number) {
  const scratch = memory();
  const many = createManyIds(fileBytes, scratch.open);
  for (const [index, id] of ids.entries()) {
    many.see(id, { line: index + 1, offset: 100 * index });
    if (index % 100 === 99) await many.spill();
  }
  const { count, first } = await many.again();
  expect(first.every(({ again }) => again.offset === 100 * (again.line - 1))).toBe(true);
  return { count, pairs: first.map((pair) => [pair.first.line, pair.again.line]), spilled: scratch.size() };
}

describe('ids that come again', () => {
  it('are found with the line that had them first, whatever the file size says of their number', async () => {
    const ids = fc.array(fc.oneof(fc.string(), fc.integer({ max: 30, min: 0 }).map(String)), {
      maxLength: 200,
    });
    await fc.assert(
      fc.asyncProperty(ids, fc.constantFrom(60, 1e9, 1e12), async (all, fileBytes) => {
        const { count, pairs } = await find(all, fileBytes);
        expect([count, pairs]).toEqual([pairsOf(all).length, pairsOf(all)]);
      }),
      { numRuns: 50 },
    );
  });

  it('are found among more than memory is given for, which go to the scratch file', async () => {
    const ids = Array.from({ length: 100_000 }, (_, index) => `request-${index === 77_777 ? 3 : index}`);
    const { count, pairs, spilled } = await find(ids, 6_000_000);
    expect([count, pairs]).toEqual([1, [[4, 77_778]]]);
    expect(spilled).toBeGreaterThan(1_000_000);
  });

  it('are counted when all are the same, and the first lines are told', async () => {
    const { count, pairs } = await find(
      Array.from({ length: 30_000 }, () => 'same'),
      2_000_000,
    );
    expect(count).toBe(29_999);
    expect(pairs.slice(0, 3)).toEqual([
      [1, 2],
      [1, 3],
      [1, 4],
    ]);
  });
});
