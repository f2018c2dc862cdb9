import {
  DEFAULT_MAX_PART_BYTES,
  DEFAULT_MIN_PART_BYTES,
  MAX_PARTS,
  type Range,
  type Span,
  totalLength,
} from './ranges.ts';

/** A part smaller than this is hardly larger than the overhead of its request. */
export const MIN_HALVED_BYTES = 50_000;

/** How often parts longer than all that got through may be cut off before they count as too long. */
const MAX_CUTS_OF_LONGER = 3;

/** Cuts the missing bytes into parts, one after the other, from the front. */
export interface PartCutter {
  /** Bytes that are not cut into parts yet. */
  restBytes(): number;
  /**
   * Cuts the next part: of the fixed size, or as close to `wantedBytes` as the bounds allow.
   * Undefined when nothing is left.
   */
  cut(wantedBytes: number): Range | undefined;
  /**
   * Halves a part whose connection was cut, and puts its second half back in file order. From the
   * second cut on, parts may have half of `minPartBytes`, and less if the part was cut before too,
   * unless the server wants larger parts.
   */
  halve(range: Range, wasCutBefore: boolean): Range;
  /**
   * Halves a part that is too large for the server, down to `minPartBytes`. No later part is larger
   * than the result.
   */
  shrink(range: Range): Range;
  /** To be called when the server has taken a part. */
  taken(range: Range): void;
  /** The fewest bytes of a part from now on. */
  minPartBytes(): number;
  /** The most bytes of a part from now on, when part sizes follow the speed of the link. */
  maxPartBytes(): number;
}

export interface PartSizes {
  /** The size of every part but the last; null when part sizes follow the speed of the link. */
  readonly partBytes: number | null;
  /** The fewest bytes of a part whose size follows the speed, except the last. */
  readonly minPartBytes: number;
  /** The most bytes of a part whose size follows the speed. Default 64000000. */
  readonly maxPartBytes?: number | undefined;
}

/** `nextIndex`: the index of the next part, when parts have no fixed size. */
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
  /** A server may cut off what is too long for it, which shows when only shorter parts get through. */
  let longestTaken = 0;
  let cutsOfLonger = 0;
  let hasTakenSince = true;
  const isTooLong = () => longestTaken > 0 && cutsOfLonger >= MAX_CUTS_OF_LONGER;

  function lengthOf({ offset, length }: Span, wantedBytes: number): number {
    if (partBytes !== null) return Math.min(length, partBytes - (offset % partBytes));

    // Large enough that the parts still allowed can hold the rest.
    const leastBytes = Math.max(minBytes, Math.ceil(restBytes / Math.max(1, MAX_PARTS - index)));
    const mostBytes = Math.max(isTooLong() ? Math.min(longestTaken, maxBytes) : maxBytes, leastBytes);
    const wanted = Math.min(mostBytes, Math.max(leastBytes, wantedBytes));
    // Parts of one size, where the rest would be too small for a part of its own.
    const parts = Math.min(Math.ceil(length / wanted), Math.floor(length / leastBytes));
    const even = Math.ceil(length / Math.max(1, parts, Math.ceil(length / mostBytes)));
    return length - wanted >= leastBytes && even <= wanted ? Math.floor(wanted) : even;
  }

  /** Cuts off the end of a part, and puts it back among the missing bytes. */
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
    taken({ length }) {
      hasTakenSince = true;
      if (length <= longestTaken) return;
      longestTaken = length;
      cutsOfLonger = 0;
    },
    halve(range, wasCutBefore) {
      cuts += 1;
      // Connections that are cut at the same time say no more than one.
      if (range.length > longestTaken && hasTakenSince) {
        cutsOfLonger += 1;
        hasTakenSince = false;
      }

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

/** Sorts spans in file order and joins those that touch. */
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
