/** The planned bytes of one part: the half-open interval [offset, offset + length) of what is uploaded. */
export interface Range {
  /** Position among the parts, from 0; it is also the order in which the server joins them. */
  readonly index: number;
  readonly offset: number;
  readonly length: number;
}

/** Cuts what is uploaded into ranges of `partBytes`; only the last may be shorter. They cover it without gap or overlap. */
export function planRanges(bytes: number, partBytes: number): readonly Range[] {
  const count = Math.ceil(bytes / partBytes);
  return Array.from({ length: count }, (_, index) => {
    const offset = index * partBytes;
    return { index, offset, length: Math.min(partBytes, bytes - offset) };
  });
}

/** The ranges that no acknowledged part stands for, in file order. */
export function missingRanges(
  ranges: readonly Range[],
  acknowledged: Iterable<{ readonly index: number }>,
): readonly Range[] {
  const done = new Set(Array.from(acknowledged, (part) => part.index));
  return ranges.filter((range) => !done.has(range.index));
}

/** Sum of the lengths, in bytes. */
export function totalLength(ranges: Iterable<{ readonly length: number }>): number {
  let bytes = 0;
  for (const range of ranges) bytes += range.length;
  return bytes;
}
