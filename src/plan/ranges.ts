import type { PartSpan } from '../model/session-summary.ts';

/** Bytes of what is uploaded: the half-open interval [offset, offset + length). */
export interface Span {
  readonly offset: number;
  readonly length: number;
}

/** The bytes of one part. */
export interface Range extends Span {
  /**
   * Names the part, from 0: its position when all parts have the same size, otherwise the order in
   * which they were cut. The order of the file follows from `offset` alone.
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
 * How many parts there will be in all; null when that is not known, because they are cut as they
 * are sent. A file that one part of `minPartBytes` can hold is one part.
 */
export function countParts(
  bytes: number,
  sizes: { readonly partBytes: number | null; readonly minPartBytes: number },
): number | null {
  if (sizes.partBytes !== null) return Math.ceil(bytes / sizes.partBytes);
  return bytes <= sizes.minPartBytes ? 1 : null;
}

/** Spans as numbers of parts, from 1, when all parts have the same size. */
export function partSpans(spans: readonly Span[], partBytes: number): readonly PartSpan[] {
  return spans.map(({ offset, length }) => ({
    first: Math.floor(offset / partBytes) + 1,
    last: Math.ceil((offset + length) / partBytes),
  }));
}

/** Largest part we choose. The API says 64 MB, not which MB; the smaller reading is always safe. */
export const DEFAULT_MAX_PART_BYTES = 64_000_000;

/**
 * Smallest part we choose. A link of 1 Mbit/s sends it in eight seconds, so that even there the
 * first acknowledgement comes soon.
 */
export const DEFAULT_MIN_PART_BYTES = 1_000_000;

/** Smallest part for servers that refuse small ones. S3, which they are built on, wants 5 MiB. */
export const LARGE_MIN_PART_BYTES = 8_000_000;

/** A shorter part, such as a small file, says more about its request than about the link. */
export const SMALL_PART_BYTES = 100_000;

/** Most parts of one upload. The API names no bound; S3, which some servers use, has this one. */
export const MAX_PARTS = 10_000;
