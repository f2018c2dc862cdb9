import type { PartSpan } from '../model/session.ts';

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
 * How many parts there will be in all; null when that is not known, because they are cut as they are
 * sent. A file that one part of `minPartBytes` can hold is one part.
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
