import { crc32 } from 'node:zlib';

/** A running checksum over the bytes of one part. */
export interface PartChecksum {
  update(chunk: Uint8Array): void;
  /** In the form that a record keeps: `crc32:` and eight hex digits. */
  digest(): string;
}

/**
 * Starts the checksum of a part. CRC-32 finds accidental changes and costs next to nothing beside MD5;
 * the MD5 of the whole file, which the server checks, is what proves the upload.
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

/** The checksum of a part's bytes, read to their end. */
export async function partChecksumOf(chunks: AsyncIterable<Uint8Array>): Promise<string> {
  const checksum = startPartChecksum();
  for await (const chunk of chunks) checksum.update(chunk);
  return checksum.digest();
}

/** The polynomial of CRC-32, with its bits reversed. */
const POLYNOMIAL = 0xedb88320;

/** `x` to the power of `2 ** index`, modulo the polynomial. */
const POWERS: readonly number[] = powers();

/**
 * The CRC-32 of two sequences of bytes, one after the other, of which only the CRC-32 of each is
 * known. `secondBytes`: the length of the second.
 */
export function joinCrc32(first: number, second: number, secondBytes: number): number {
  return (multiply(powerOfBytes(secondBytes), first) ^ second) >>> 0;
}

/** `x` to the power of `8 * bytes`. */
function powerOfBytes(bytes: number): number {
  let power = 1 << 31;
  for (let rest = bytes, index = 3; rest > 0; rest = Math.floor(rest / 2), index += 1)
    if (rest % 2 === 1) power = multiply(POWERS[index % 32] as number, power);
  return power;
}

/** Multiplies two polynomials modulo ours. */
function multiply(one: number, other: number): number {
  let product = 0;
  let factor = other;
  for (let bit = 1 << 31; bit !== 0; bit >>>= 1) {
    if ((one & bit) !== 0) product ^= factor;
    factor = (factor & 1) === 0 ? factor >>> 1 : (factor >>> 1) ^ POLYNOMIAL;
  }
  return product;
}

function powers(): readonly number[] {
  const all = [1 << 30];
  for (let index = 1; index < 32; index += 1) {
    const last = all[index - 1] as number;
    all.push(multiply(last, last));
  }
  return all;
}
