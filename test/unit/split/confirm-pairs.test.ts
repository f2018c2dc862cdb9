import { expect, it } from 'vitest';
import { confirmPairs } from '../../../src/split/confirm-pairs.ts';
import { batchLine } from '../../helpers/jsonl.ts';

const lines = [1, 2, 1, 3, 1].map((number) => `${batchLine(number)}\n`);
const file = Buffer.from(lines.join(''));
const seen = (line: number) => ({ line, offset: lines.slice(0, line - 1).join('').length });

/** In pieces, as a file is read. */
async function* bytesAt(offset: number) {
  for (let at = offset; at < file.length; at += 50) yield file.subarray(at, at + 50);
}

it('two lines whose hash is the same count only if their ids are', async () => {
  const first = [
    { first: seen(1), again: seen(2) },
    { first: seen(1), again: seen(3) },
    { first: seen(4), again: seen(5) },
  ];
  expect(await confirmPairs({ count: 3, first }, bytesAt)).toEqual({
    count: 1,
    same: [{ ...first[1], id: 'request-1' }],
  });
});
