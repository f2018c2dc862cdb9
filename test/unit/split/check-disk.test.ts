import { join } from 'node:path';
import { describe, expect, it } from 'vitest';
import { refuseSmallDisk } from '../../../src/split/check-disk.ts';
import type { CutPiece } from '../../../src/split/splitter.ts';
import { errorOf, temporaryFolder } from '../../helpers/temporary.ts';

function pieceOf(number: number, megabytes: number, model: string): CutPiece {
  const lines = { firstLine: number, lastLine: number, lines: 1, bytes: megabytes * 1_000_000 };
  const digests = { checksum: 'crc32:0000abcd', sha256: '' };
  return { number, filename: `${number}.jsonl`, ...lines, url: null, model, ...digests };
}

const pieces = [
  ...Array.from({ length: 10 }, (_, index) => pieceOf(index + 1, 200, 'a')),
  pieceOf(11, 50, 'b'),
];
const tryWith = (freeMegabytes: number | undefined) =>
  refuseSmallDisk(pieces, {
    folder: '/state/spool',
    maxOnTheirWay: 2,
    freeBytesOf: async () => freeMegabytes && freeMegabytes * 1_000_000,
  });

describe('the disk for the pieces', () => {
  it('must have room for the open ones and those on their way', async () => {
    // One of each model is open, and two are on their way.
    await tryWith(800);
    expect(await errorOf(() => tryWith(799))).toMatchObject({
      code: 'session_unwritable',
      message:
        '/state/spool has room for 799 MB, but the pieces that are on the disk at once take up to 800 MB',
      hint: expect.stringContaining('`stateDir`'),
    });
  });

  it('is taken as large enough when the system does not say', async () => {
    await tryWith(undefined);
  });

  it('is that of the nearest folder that is there', async () => {
    const folder = join(await temporaryFolder(), 'not', 'there');
    await refuseSmallDisk(pieces.slice(0, 1), { folder, maxOnTheirWay: 1 });
    const huge = [pieceOf(1, 10 ** 12, 'a')];
    expect(await errorOf(() => refuseSmallDisk(huge, { folder, maxOnTheirWay: 1 }))).toMatchObject({
      code: 'session_unwritable',
    });
  });
});
