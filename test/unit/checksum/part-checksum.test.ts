import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { partChecksumOf, startPartChecksum } from '../../../src/checksum/part-checksum.ts';

async function* inChunks(chunks: readonly Uint8Array[]): AsyncGenerator<Uint8Array> {
  yield* chunks;
}

describe('the checksum of a part', () => {
  it.each([
    ['', 'crc32:00000000'],
    ['123456789', 'crc32:cbf43926'],
    ['The quick brown fox jumps over the lazy dog', 'crc32:414fa339'],
  ])('of %j is the known CRC-32, %s', async (text, expected) => {
    expect(await partChecksumOf(inChunks([Buffer.from(text)]))).toBe(expected);
  });

  it('is the same however the bytes are cut, and always in the same form', async () => {
    await fc.assert(
      fc.asyncProperty(fc.array(fc.uint8Array({ maxLength: 50 })), async (chunks) => {
        const checksum = startPartChecksum();
        checksum.update(Buffer.concat(chunks));
        expect(await partChecksumOf(inChunks(chunks))).toBe(checksum.digest());
        expect(checksum.digest()).toMatch(/^crc32:[0-9a-f]{8}$/);
      }),
    );
  });

  it('is another when one bit is another', async () => {
    const bytes = fc.uint8Array({ minLength: 1, maxLength: 50 });
    await fc.assert(
      fc.asyncProperty(bytes, fc.nat(), fc.nat(7), async (content, which, bit) => {
        const changed = Uint8Array.from(content);
        changed[which % content.length]! ^= 1 << bit;
        expect(await partChecksumOf(inChunks([changed]))).not.toBe(await partChecksumOf(inChunks([content])));
      }),
    );
  });
});
