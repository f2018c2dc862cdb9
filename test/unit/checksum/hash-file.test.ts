import { createHash } from 'node:crypto';
import { type FileHandle, open, readFile, truncate } from 'node:fs/promises';
import { join } from 'node:path';
import { describe, expect, it } from 'vitest';
import { hashFile } from '../../../src/checksum/hash-file.ts';
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
  // Up to 8 MB on this thread, above in one of its own.
  it.each([1, 128 * 1024, 128 * 1024 + 1, 3_000_001, 8_000_001])(
    'of %i bytes gives its MD5 and its SHA-256',
    async (bytes) => {
      await withFile(bytes, async (file, path) => {
        const job = hashFile({ fd: file.fd, path, bytes });
        const digests = await job.digests;
        await job.stop();
        const whole = await readFile(path);
        const hashed = (name: string) => createHash(name).update(whole).digest('hex');
        expect(digests).toEqual({ md5: hashed('md5'), sha256: hashed('sha256') });
      });
    },
  );

  it('hashes as many bytes as were there at first, though the file has grown', async () => {
    await withFile(1000, async (file, path) => {
      const job = hashFile({ fd: file.fd, path, bytes: 600 });
      const first = (await readFile(path)).subarray(0, 600);
      expect((await job.digests).md5).toBe(createHash('md5').update(first).digest('hex'));
      await job.stop();
    });
  });

  it.each([1_000_000, 9_000_000])('of %i bytes says where it ended when it became shorter', async (bytes) => {
    await withFile(bytes, async (file, path) => {
      await truncate(path, 600_001);
      const job = hashFile({ fd: file.fd, path, bytes });
      expect(await errorOf(() => job.digests)).toMatchObject({
        code: 'source_changed',
        message: `${path} became shorter while it was read: it ends at byte 600001`,
      });
      await job.stop();
    });
  });

  it('says so when reading fails', async () => {
    const folder = await temporaryFolder();
    const directory = await open(folder, 'r');
    const job = hashFile({ fd: directory.fd, path: folder, bytes: 10 });
    expect(await errorOf(() => job.digests)).toMatchObject({
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
        const job = hashFile({ fd: file.fd, path, bytes });
        await job.stop();
        await expect(job.stop()).resolves.toBeUndefined();
      });
    },
  );
});
