import {
  DEFAULT_MAX_PART_BYTES,
  DEFAULT_MIN_PART_BYTES,
  MAX_PARTS,
  type Range,
  type Span,
  totalLength,
} from './ranges.ts';

/** A smaller part is hardly more than its request. */
const MIN_HALVED_BYTES = 50_000;

/** Cuts what is missing into parts, one after the other, from the front. */
export interface PartCutter {
  /** The bytes that no part has been cut from yet. */
  restBytes(): number;
  /**
   * The next part: `wantedBytes` long, as far as the bounds allow, or of the fixed size. Undefined
   * when nothing is left.
   */
  cut(wantedBytes: number): Range | undefined;
  /**
   * Halves a part whose connection was cut. The second half is cut again, before what is behind it.
   * From the second time on, parts become half as small as `minPartBytes`, and smaller still when
   * they were cut before, unless the server wants more.
   */
  halve(range: Range, wasCutBefore: boolean): Range;
  /**
   * Halves a part that is too large for the server, down to `minPartBytes`. No later part is larger
   * than what is left of it.
   */
  shrink(range: Range): Range;
  /** The fewest bytes that a part has from now on. */
  minPartBytes(): number;
  /** The most bytes that a part has from now on, when parts are cut by the speed of the link. */
  maxPartBytes(): number;
}

export interface PartSizes {
  /** Fixed for all parts but the last; null when they are cut by the speed of the link. */
  readonly partBytes: number | null;
  /** No part that is cut by the speed is shorter, but the last. */
  readonly minPartBytes: number;
  /** No part that is cut by the speed is longer. Default 64000000. */
  readonly maxPartBytes?: number | undefined;
}

/** `nextIndex`: of the first part that is cut, when they have no fixed size. */
export function createPartCutter(
  missing: readonly Span[],
  { partBytes, minPartBytes, maxPartBytes = DEFAULT_MAX_PART_BYTES }: PartSizes,
  nextIndex: number,
): PartCutter {
  /** In file order. */
  let rest: readonly Span[] = missing;
  let restBytes = totalLength(missing);
  let index = nextIndex;
  let minBytes = minPartBytes;
  let maxBytes = maxPartBytes;
  let cuts = 0;

  function lengthOf({ offset, length }: Span, wantedBytes: number): number {
    if (partBytes !== null) return Math.min(length, partBytes - (offset % partBytes));

    // So long that the others can still be sent as one upload.
    const leastBytes = Math.max(minBytes, Math.ceil(restBytes / Math.max(1, MAX_PARTS - index)));
    const mostBytes = Math.max(maxBytes, leastBytes);
    const wanted = Math.min(mostBytes, Math.max(leastBytes, wantedBytes));
    // As many parts of one size as there can be, where too little would be left for the last one.
    const parts = Math.min(Math.ceil(length / wanted), Math.floor(length / leastBytes));
    const even = Math.ceil(length / Math.max(1, parts, Math.ceil(length / mostBytes)));
    return length - wanted >= leastBytes && even <= wanted ? Math.floor(wanted) : even;
  }

  /** Cuts the end of a part off, to be cut again. */
  function shorten(range: Range, length: number): Range {
    const behind = { offset: range.offset + length, length: range.length - length };
    if (behind.length <= 0) return range;
    rest = merge([...rest, behind]);
    restBytes += behind.length;
    return { ...range, length };
  }

  return {
    restBytes: () => restBytes,
    cut(wantedBytes) {
      const [first, ...others] = rest;
      if (first === undefined) return undefined;

      const { offset } = first;
      const length = lengthOf(first, wantedBytes);
      const behind = { offset: offset + length, length: first.length - length };
      rest = behind.length > 0 ? [behind, ...others] : others;
      restBytes -= length;

      if (partBytes !== null) return { index: offset / partBytes, offset, length };
      index += 1;
      return { index: index - 1, offset, length };
    },
    halve(range, wasCutBefore) {
      cuts += 1;
      const length = Math.ceil(range.length / 2);
      const mayBeSmall = cuts > 1 && minPartBytes <= DEFAULT_MIN_PART_BYTES;
      const smallBytes = wasCutBefore ? MIN_HALVED_BYTES : minPartBytes / 2;
      const leastBytes = mayBeSmall ? Math.min(minBytes, smallBytes) : minBytes;
      if (partBytes !== null || range.length - length < leastBytes) return range;

      minBytes = Math.min(minBytes, length);
      return shorten(range, length);
    },
    shrink(range) {
      if (partBytes !== null) return range;
      maxBytes = Math.max(minPartBytes, Math.min(maxBytes, Math.ceil(range.length / 2)));
      return shorten(range, maxBytes);
    },
    minPartBytes: () => minBytes,
    maxPartBytes: () => maxBytes,
  };
}

/** In file order, with those that follow each other made one. */
function merge(spans: readonly Span[]): readonly Span[] {
  const merged: Span[] = [];
  for (const span of spans.toSorted((a, b) => a.offset - b.offset)) {
    const before = merged.at(-1);
    if (before !== undefined && before.offset + before.length === span.offset)
      merged[merged.length - 1] = { offset: before.offset, length: before.length + span.length };
    else merged.push(span);
  }
  return merged;
}
