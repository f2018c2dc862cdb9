import type { PartSpan } from '../model/session-summary.ts';

/** Bytes of what is uploaded: the half-open interval [offset, offset + length). */
export interface Span {
  readonly offset: number;
  readonly length: number;
}

/** The bytes of one part. */
export interface Range extends Span {
  /**
   * Identifies the part, from 0: by its position when all parts have the same size, otherwise by
   * the order in which they were cut. Only `offset` gives the order in the file.
   */
  readonly index: number;
}

/** The bytes that no part covers, in file order. */
export function missingSpans(bytes: number, parts: Iterable<Span>): readonly Span[] {
  const missing: Span[] = [];
  let end = 0;

  for (const part of [...parts].sort((a, b) => a.offset - b.offset)) {
    if (part.offset > end) missing.push({ offset: end, length: part.offset - end });
    end = Math.max(end, part.offset + part.length);
  }

  if (end < bytes) missing.push({ offset: end, length: bytes - end });
  return missing;
}

/** Sum of the lengths, in bytes. */
export function totalLength(spans: Iterable<Span>): number {
  let bytes = 0;
  for (const { length } of spans) bytes += length;
  return bytes;
}

/**
 * The number of parts in total; null when unknown, because parts are cut as they are sent. A file
 * of at most `minPartBytes` is one part.
 */
export function countParts(
  bytes: number,
  sizes: { readonly partBytes: number | null; readonly minPartBytes: number },
): number | null {
  if (sizes.partBytes !== null) return Math.ceil(bytes / sizes.partBytes);
  return bytes <= sizes.minPartBytes ? 1 : null;
}

/** Converts spans to part numbers, from 1, when all parts have the same size. */
export function partSpans(spans: readonly Span[], partBytes: number): readonly PartSpan[] {
  return spans.map(({ offset, length }) => ({
    first: Math.floor(offset / partBytes) + 1,
    last: Math.ceil((offset + length) / partBytes),
  }));
}

/**
 * Largest part we choose. The API says 64 MB, which may mean MB or MiB; the smaller is always safe.
 */
export const DEFAULT_MAX_PART_BYTES = 64_000_000;

/**
 * Smallest part we choose. A link of 1 Mbit/s sends it in eight seconds, so even there the first
 * acknowledgement comes soon.
 */
export const DEFAULT_MIN_PART_BYTES = 1_000_000;

/** Smallest part for servers that refuse small ones. They are built on S3, which wants 5 MiB. */
export const LARGE_MIN_PART_BYTES = 8_000_000;

/**
 * The time for a smaller part, such as a small file, depends on its request more than on the link.
 */
export const SMALL_PART_BYTES = 100_000;

/** Most parts of one upload. The API names no limit; S3, which some servers use, has this one. */
export const MAX_PARTS = 10_000;
