import { SMALL_PART_BYTES } from '../plan/ranges.ts';

/** How long a part should take: long enough that requests stay few, short enough to lose little. */
const PART_MS = 8000;
/** While the number of connections is not found yet, short parts say sooner what it gains. */
const OPENING_PART_MS = 1000;
/**
 * A connection that does not last gets shorter parts, but none that is hardly more than its
 * request.
 */
const MIN_PART_MS = 1000;
/** Parts grow by this factor at most: the first ones may have gone into a buffer at once. */
const GROWTH = 2;
/** Two parts are better than one when they are this close to the least that is allowed. */
const NEARLY = 0.95;
/** How much the latest part counts in the speed of a connection. */
const WEIGHT = 0.3;
/** A cut takes half a part on average, so that shorter ones lose less. */
const SHORTER_AFTER_CUT = 3;
/** How fast the time of a part comes back after a connection was cut. */
const RECOVERY = 1.03;

/** Finds how many bytes the next part should have, from how fast parts have been acknowledged. */
export interface PartLength {
  /**
   * `restBytes` are in no part yet, and parts on their way have `onTheWayBytes` still to send.
   * `connections` may be used at once. No part is to be smaller than `minBytes`.
   */
  next(state: {
    readonly restBytes: number;
    readonly onTheWayBytes: number;
    readonly minBytes: number;
    readonly connections: number;
    readonly isSettled: boolean;
  }): number;
  /** A part of so many bytes was acknowledged after so long. */
  acknowledged(part: { readonly bytes: number; readonly ms: number }): void;
  /** A connection was cut off, or stood still, in the middle of a part. */
  cutOff(): void;
  /** Bytes a second of one connection; 0 while that is unknown. */
  bytesPerSecond(): number;
}

export function createPartLength(): PartLength {
  let bytesPerMs = 0;
  let partMs = PART_MS;
  let longestBytes = 0;

  return {
    next({ restBytes, onTheWayBytes, minBytes, connections, isSettled }) {
      const bySpeed = bytesPerMs * (isSettled ? partMs : Math.min(partMs, OPENING_PART_MS));
      const least = Math.max(minBytes, bytesPerMs * MIN_PART_MS);
      const wanted = Math.max(least, Math.min(bySpeed, longestBytes * GROWTH));

      // Shorter towards the end, so that all connections are done at the same time.
      const share = (restBytes + onTheWayBytes) / connections;
      if (connections === 1 || share >= 2 * wanted) return wanted;
      const even = share / 2 < least * NEARLY ? share : share / 2;
      const parts = Math.min(Math.round(restBytes / Math.max(1, even)), Math.floor(restBytes / least));
      return restBytes / Math.max(1, parts);
    },
    acknowledged({ bytes, ms }) {
      if (bytes < SMALL_PART_BYTES) return;
      const latest = bytes / Math.max(1, ms);
      bytesPerMs = bytesPerMs === 0 ? latest : bytesPerMs + WEIGHT * (latest - bytesPerMs);
      longestBytes = Math.max(longestBytes, bytes);
      partMs = Math.min(PART_MS, partMs * RECOVERY);
    },
    cutOff() {
      partMs = Math.max(MIN_PART_MS, partMs / SHORTER_AFTER_CUT);
    },
    bytesPerSecond: () => bytesPerMs * 1000,
  };
}
