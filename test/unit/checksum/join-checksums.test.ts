import { crc32 } from 'node:zlib';
import fc from 'fast-check';
import { expect, it } from 'vitest';
import { joinCrc32 } from '../../../src/checksum/join-checksums.ts';

it('two checksums joined are that of both runs of bytes together', () => {
  const bytes = fc.uint8Array({ maxLength: 3000 });
  fc.assert(
    fc.property(bytes, bytes, (one, other) => {
      expect(joinCrc32(crc32(one), crc32(other), other.length)).toBe(crc32(Buffer.concat([one, other])));
    }),
  );
});

it('also where the second is larger than anything a shard has', () => {
  // A hundred million zero bytes and a million, a hundred times over.
  const million = crc32(Buffer.alloc(1_000_000));
  let joined = 0;
  for (let count = 0; count < 100; count += 1) joined = joinCrc32(joined, million, 1_000_000);
  expect(joinCrc32(5, joined, 100_000_000)).toBe(crc32(Buffer.alloc(100_000_000), 5));
});
