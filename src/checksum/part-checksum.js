// Plain JavaScript because the worker needs it, and a `.ts` worker does not load on Node 20.
import { crc32 } from 'node:zlib';

/**
 * A running checksum over the bytes of one part, in the form the record keeps: `crc32:` and eight hex digits.
 * CRC-32 finds accidental change and costs next to nothing beside MD5; the MD5 of the whole file, which the
 * server checks, is what proves the upload.
 *
 * @returns {{ update(chunk: Uint8Array): void, digest(): string }}
 */
export function startPartChecksum() {
  let value = 0;
  return {
    update(chunk) {
      value = crc32(chunk, value);
    },
    digest: () => `crc32:${value.toString(16).padStart(8, '0')}`,
  };
}

/**
 * The checksum of a part's bytes, read to their end.
 *
 * @param {AsyncIterable<Uint8Array>} chunks
 * @returns {Promise<string>}
 */
export async function partChecksumOf(chunks) {
  const checksum = startPartChecksum();
  for await (const chunk of chunks) checksum.update(chunk);
  return checksum.digest();
}
