/** Largest part we choose: the API says 64 MB and leaves open which MB; the smaller reading is safe with both. */
export const DEFAULT_MAX_PART_BYTES = 64_000_000;

/**
 * Smallest part we choose. A link of 1 Mbit/s sends it in eight seconds, so that even there the first
 * acknowledgement comes soon.
 */
export const DEFAULT_MIN_PART_BYTES = 1_000_000;

/** Smallest part for servers that refuse small ones. S3, on which such servers are built, wants 5 MiB. */
export const LARGE_MIN_PART_BYTES = 8_000_000;

/** A shorter part, such as a small file, says more about its request than about the link. */
export const SMALL_PART_BYTES = 100_000;

/** Most parts of one upload. The API names no bound; S3, which servers of this API are built on, has this one. */
export const MAX_PARTS = 10_000;
