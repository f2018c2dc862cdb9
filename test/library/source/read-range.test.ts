import { type FileHandle, open, readFile, truncate } from 'node:fs/promises';
import { join } from 'node:path';
import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { readRange } from '../../../src/source/read-range.ts';
import { createFakeClock } from '../../helpers/fake-clock.ts';
import { makeFile } from '../../helpers/make-file.ts';
import { runScript, sourceModule } from '../../helpers/run-script.ts';
import { errorOf, temporaryFolder } from '../../helpers/temporary.ts';

const CHUNK = 64 * 1024;
/** Stands still: whatever is read is read in no time. */
const clock = createFakeClock();

/** A file of some bytes, open while the test looks at it. */
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

/** The bytes, copied before the next chunk is asked for, since a chunk is valid only until then. */
async function bytesOf(chunks: AsyncIterable<Uint8Array>): Promise<Buffer> {
  const copies: Buffer[] = [];
  for await (const chunk of chunks) copies.push(Buffer.from(chunk));
  return Buffer.concat(copies);
}

describe('reading a range', () => {
  it('gives just the bytes of the file there, as often as it is asked', async () => {
    await withFile(3 * CHUNK + 17, async (file, path) => {
      const whole = await readFile(path);
      const ranges = fc
        .tuple(fc.nat(whole.length - 1), fc.integer({ min: 1, max: whole.length }))
        .map(([offset, length]) => ({ index: 0, offset, length: Math.min(length, whole.length - offset) }));
      await fc.assert(
        fc.asyncProperty(ranges, async (range) => {
          const expected = whole.subarray(range.offset, range.offset + range.length);
          expect((await bytesOf(readRange(file, range, { path, clock }))).equals(expected)).toBe(true);
          expect((await bytesOf(readRange(file, range, { path, clock }))).equals(expected)).toBe(true);
        }),
        { numRuns: 30 },
      );
    });
  });

  it.each([1, CHUNK - 1, CHUNK, CHUNK + 1, 2 * CHUNK, 2 * CHUNK + 1])(
    'gives %i bytes in chunks of 64 KiB at first, none of them empty',
    async (length) => {
      await withFile(length, async (file, path) => {
        const sizes: number[] = [];
        for await (const chunk of readRange(file, { index: 0, offset: 0, length }, { path, clock }))
          sizes.push(chunk.length);
        expect(sizes.reduce((a, b) => a + b)).toBe(length);
        expect(Math.max(...sizes)).toBeLessThanOrEqual(CHUNK);
        expect(Math.min(...sizes)).toBeGreaterThan(0);
      });
    },
  );

  it('leaves a chunk alone until the next but one is asked for', async () => {
    await withFile(3 * CHUNK, async (file, path) => {
      const whole = await readFile(path);
      const reading = readRange(file, { index: 0, offset: 0, length: whole.length }, { path, clock });
      const first = (await reading.next()).value as Uint8Array;
      await new Promise((resolve) => setImmediate(resolve));
      await file.stat();
      expect(whole.subarray(0, CHUNK).equals(first)).toBe(true);
      await reading.return(undefined);
    });
  });

  it.each([
    // Two seconds for each chunk of 64 KiB is 32 KB/s.
    ['small for a slow consumer', 2000, 40 * CHUNK, CHUNK],
    ['four times as large for a fast one', 0, 40 * CHUNK, 4 * CHUNK],
    // What the buffers of a slow link take at once is no sign of speed.
    ['small as long as little has been taken', 0, 4 * CHUNK, CHUNK],
  ])('makes chunks %s', async (_, msAChunk, bytes, largest) => {
    await withFile(bytes, async (file, path) => {
      const consumer = createFakeClock();
      const sizes: number[] = [];
      const range = { index: 0, offset: 0, length: bytes };
      for await (const chunk of readRange(file, range, { path, clock: consumer })) {
        sizes.push(chunk.length);
        await consumer.advance(msAChunk);
      }
      expect(sizes[0]).toBe(CHUNK);
      expect(Math.max(...sizes)).toBe(largest);
      expect(sizes.reduce((a, b) => a + b)).toBe(bytes);
    });
  });

  it('gives the same to several readers at once', async () => {
    await withFile(4 * CHUNK, async (file, path) => {
      const whole = await readFile(path);
      const parts = [0, 1, 2, 3].map((index) => ({ index, offset: index * CHUNK, length: CHUNK }));
      const read = await Promise.all(parts.map((range) => bytesOf(readRange(file, range, { path, clock }))));
      expect(Buffer.concat(read).equals(whole)).toBe(true);
    });
  });

  it('says where the file ended when it became shorter', async () => {
    await withFile(3 * CHUNK, async (file, path) => {
      await truncate(path, CHUNK + 5);
      const range = { index: 6, offset: 0, length: 3 * CHUNK };
      expect(await errorOf(() => bytesOf(readRange(file, range, { path, clock })))).toMatchObject({
        code: 'source_changed',
        isRetryable: false,
        message: `${path} became shorter while it was read: it ends at byte ${CHUNK + 5}, inside part 7`,
      });
    });
  });

  it('says so when reading fails', async () => {
    const path = join(await temporaryFolder(), 'a.bin');
    await makeFile(path, 10);
    const file = await open(path, 'r');
    await file.close();
    const reading = readRange(file, { index: 0, offset: 0, length: 10 }, { path, clock });
    expect(await errorOf(() => bytesOf(reading))).toMatchObject({ code: 'source_unreadable' });
  });

  it('leaves nothing behind when its reader stops early: the file can be closed at once', async () => {
    const path = join(await temporaryFolder(), 'a.bin');
    await makeFile(path, 3 * CHUNK);
    const file = await open(path, 'r');
    for await (const _ of readRange(file, { index: 0, offset: 0, length: 3 * CHUNK }, { path, clock })) break;
    await expect(file.close()).resolves.toBeUndefined();
  });

  it('ends no process when the file shrinks while its reader is slow', async () => {
    const path = join(await temporaryFolder(), 'a.bin');
    await makeFile(path, 3 * CHUNK);
    const result = await runScript(`
      import { open, truncate } from 'node:fs/promises';
      import { readRange } from ${sourceModule('source/read-range.ts')};
      const path = ${JSON.stringify(path)};
      const file = await open(path, 'r');
      await truncate(path, ${CHUNK});
      try {
        const clock = { monotonic: () => 0 };
        for await (const chunk of readRange(file, { index: 0, offset: 0, length: ${3 * CHUNK} }, { path, clock })) {
          for (let turn = 0; turn < 100; turn += 1) await file.stat();
        }
      } catch (error) {
        console.log(error.code);
      }`);
    expect(result).toMatchObject({ code: 0, stdout: 'source_changed\n' });
  });
});
