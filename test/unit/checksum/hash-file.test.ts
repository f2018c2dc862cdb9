import { createHash } from 'node:crypto';
import { type FileHandle, open, readFile, truncate } from 'node:fs/promises';
import { join } from 'node:path';
import { describe, expect, it } from 'vitest';
import { hashFile } from '../../../src/checksum/hash-file.ts';
import { partChecksumOf } from '../../../src/checksum/part-checksum.js';
import { planRanges } from '../../../src/plan/ranges.ts';
import { readRange } from '../../../src/source/read-range.ts';
import { makeFile } from '../../helpers/make-file.ts';
import { errorOf, temporaryFolder } from '../../helpers/temporary.ts';

async function withFile<T>(bytes: number, look: (file: FileHandle, path: string) => Promise<T>): Promise<T> {
  const path = join(await temporaryFolder(), 'a.bin');
  await makeFile(path, bytes);
  const file = await open(path, 'r');
  try {
    return await look(file, path);
  } finally {
    await file.close();
  }
}

describe('hashing a file', () => {
  it.each([
    [1, 10],
    [512 * 1024, 512 * 1024],
    [512 * 1024 + 1, 512 * 1024],
    [3_000_001, 700_000],
    // Up to 8 MB on this thread, above in one of its own.
    [8_000_001, 700_000],
  ])('of %i bytes in parts of %i gives its MD5 and the checksum of each part', async (bytes, partBytes) => {
    await withFile(bytes, async (file, path) => {
      const ranges = planRanges(bytes, partBytes);
      const job = hashFile({ fd: file.fd, path, ranges });
      const { md5, partChecksums } = await job.result;
      await job.stop();
      expect(md5).toBe(
        createHash('md5')
          .update(await readFile(path))
          .digest('hex'),
      );
      const sent = await Promise.all(ranges.map((range) => partChecksumOf(readRange(file, range, path))));
      expect(partChecksums).toEqual(sent);
    });
  });

  it.each([1_000_000, 9_000_000])('of %i bytes says where it ended when it became shorter', async (bytes) => {
    await withFile(bytes, async (file, path) => {
      await truncate(path, 600_001);
      const job = hashFile({ fd: file.fd, path, ranges: planRanges(bytes, 300_000) });
      expect(await errorOf(() => job.result)).toMatchObject({
        code: 'source_changed',
        message: `${path} became shorter while it was read: it ends at byte 600001`,
      });
      await job.stop();
    });
  });

  it('says so when reading fails', async () => {
    const folder = await temporaryFolder();
    const directory = await open(folder, 'r');
    const job = hashFile({ fd: directory.fd, path: folder, ranges: planRanges(10, 10) });
    expect(await errorOf(() => job.result)).toMatchObject({
      code: 'source_unreadable',
      message: expect.stringContaining('EISDIR'),
    });
    await job.stop();
    await directory.close();
  });

  it.each([6_000_000, 20_000_000])(
    'of %i bytes can be stopped at any moment, and more than once',
    async (bytes) => {
      await withFile(bytes, async (file, path) => {
        const job = hashFile({ fd: file.fd, path, ranges: planRanges(bytes, 1000) });
        await job.stop();
        await expect(job.stop()).resolves.toBeUndefined();
      });
    },
  );
});
