/** Largest part we choose: the API says 64 MB and leaves open which MB; the smaller reading is safe with both. */
export const DEFAULT_MAX_PART_BYTES = 64_000_000;

/** Largest part the API takes at all: 64 MiB, which is also what the official Python SDK sends. */
export const MAX_PART_BYTES = 64 * 1024 * 1024;

/** Smallest part we choose. Some servers of this API insist on 5 MiB, and every part costs a request. */
export const DEFAULT_MIN_PART_BYTES = 8_000_000;

/**
 * Most parts of one upload. The API names no bound; S3, which servers of this API are built on, has this one, and the
 * record is written anew for every part.
 */
export const MAX_PARTS = 10_000;

/** Parts a worker should get, so that all of them are busy until shortly before the end. */
const PARTS_PER_WORKER = 4;

/**
 * The part size for a file: small enough that every worker has several parts and a failure loses little,
 * large enough that requests stay few. Between 8,000,000 and 64,000,000 bytes.
 */
export function choosePartBytes(fileBytes: number, concurrency: number): number {
  const even = Math.ceil(fileBytes / (concurrency * PARTS_PER_WORKER));
  return Math.min(DEFAULT_MAX_PART_BYTES, Math.max(DEFAULT_MIN_PART_BYTES, even));
}
