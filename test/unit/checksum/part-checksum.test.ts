import { crc32 } from 'node:zlib';
import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { joinCrc32, partChecksumOf, startPartChecksum } from '../../../src/checksum/part-checksum.ts';

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

describe('two checksums joined', () => {
  it('is that of both runs of bytes together', () => {
    const bytes = fc.uint8Array({ maxLength: 3000 });
    fc.assert(
      fc.property(bytes, bytes, (one, other) => {
        expect(joinCrc32(crc32(one), crc32(other), other.length)).toBe(crc32(Buffer.concat([one, other])));
      }),
    );
  });

  it('also where the second is larger than any piece of a split', () => {
    // A hundred million zero bytes and a million, a hundred times over.
    const million = crc32(Buffer.alloc(1_000_000));
    let joined = 0;
    for (let count = 0; count < 100; count += 1) joined = joinCrc32(joined, million, 1_000_000);
    expect(joinCrc32(5, joined, 100_000_000)).toBe(crc32(Buffer.alloc(100_000_000), 5));
  });
});
