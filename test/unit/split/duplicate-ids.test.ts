import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { createDuplicateIds } from '../../../src/split/duplicate-ids.ts';
import { batchLine } from '../../helpers/jsonl.ts';

type Hash = Parameters<typeof createDuplicateIds>[0];

/** Finds the ids that come again in a file with these numbers, read in chunks of some bytes. */
async function duplicatesAmong(
  numbers: readonly number[],
  { hash, chunk = 50 }: { hash?: Hash; chunk?: number } = {},
) {
  const file = Buffer.from(numbers.map((number) => `${batchLine(number)}\n`).join(''));
  const readAll = async function* () {
    for (let at = 0; at < file.length; at += chunk) yield file.subarray(at, at + chunk);
  };
  const ids = createDuplicateIds(hash);
  for (const [index, number] of numbers.entries()) ids.see(`request-${number}`, index + 1);
  return await ids.confirm(readAll);
}

/** What is to be found, the slow way. */
function expected(numbers: readonly number[]) {
  const first = new Map<number, number>();
  return numbers.flatMap((number, index) => {
    const line = first.get(number);
    if (line === undefined) first.set(number, index + 1);
    return line === undefined ? [] : [{ id: `request-${number}`, line: index + 1, first: line }];
  });
}

describe('ids that come again', () => {
  it.each([
    ['with hashes of 64 bits', undefined],
    ['with hashes that are nearly all the same', (id: string) => ({ high: id.length % 2, low: 7 })],
  ])('are found with both lines, and no others, %s', async (_, hash) => {
    const numbers = fc.array(fc.integer({ min: 1, max: 30 }), { maxLength: 40 });
    await fc.assert(
      fc.asyncProperty(numbers, fc.integer({ min: 1, max: 400 }), async (some, chunk) => {
        const duplicates = expected(some);
        expect(await duplicatesAmong(some, { ...(hash && { hash }), chunk })).toEqual({
          count: duplicates.length,
          duplicates,
        });
      }),
      { numRuns: 60 },
    );
  });

  it('are found among so many that the tables grow', async () => {
    const ids = createDuplicateIds();
    for (let line = 1; line <= 200_000; line += 1) ids.see(`request-${line}`, line);
    ids.see('request-77', 200_001);
    const file = Buffer.from(
      Array.from(
        { length: 200_001 },
        (_, n) => `{"custom_id":"request-${n === 200_000 ? 77 : n + 1}"}\n`,
      ).join(''),
    );
    const readAll = async function* () {
      yield file;
    };
    expect(await ids.confirm(readAll)).toEqual({
      count: 1,
      duplicates: [{ id: 'request-77', line: 200_001, first: 77 }],
    });
  });

  it('are only counted beyond the first thousand', async () => {
    const { count, duplicates } = await duplicatesAmong(
      Array.from({ length: 1501 }, () => 5),
      { chunk: 5000 },
    );
    expect([count, duplicates.length]).toEqual([1500, 1000]);
  });
});
