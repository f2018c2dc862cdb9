import { crc32 } from 'node:zlib';

/** A running checksum over the bytes of one part. */
export interface PartChecksum {
  update(chunk: Uint8Array): void;
  /** In the form that a record keeps: `crc32:` and eight hex digits. */
  digest(): string;
}

/**
 * Starts the checksum of a part. CRC-32 finds accidental changes and costs next to nothing beside
 * MD5. The proof of the upload is the MD5 of the whole file, which the server checks.
 */
export function startPartChecksum(): PartChecksum {
  let value = 0;

  return {
    update(chunk) {
      value = crc32(chunk, value);
    },
    digest: () => `crc32:${value.toString(16).padStart(8, '0')}`,
  };
}

/** Reads the bytes of a part to their end, and returns their checksum. */
export async function partChecksumOf(chunks: AsyncIterable<Uint8Array>): Promise<string> {
  const checksum = startPartChecksum();
  for await (const chunk of chunks) checksum.update(chunk);
  return checksum.digest();
}
