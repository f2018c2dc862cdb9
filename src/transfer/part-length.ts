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
/** How much the latest part counts in the speed of a connection. */
const WEIGHT = 0.3;
/** A cut takes half a part on average, so that shorter ones lose less. */
const SHORTER_AFTER_CUT = 2.5;
/** How fast the time of a part comes back after a connection was cut. */
const RECOVERY = 1.05;

/** Finds how many bytes the next part should have, from how fast parts have been acknowledged. */
export interface PartLength {
  /** `restBytes` of the upload are not cut yet; `connections` may be used at once. */
  next(state: {
    readonly restBytes: number;
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
    next({ restBytes, connections, isSettled }) {
      const wanted = bytesPerMs * (isSettled ? partMs : Math.min(partMs, OPENING_PART_MS));
      // Shorter towards the end, so that no connection idles while another sends a long part.
      const even = Math.max(restBytes / (2 * connections), bytesPerMs * MIN_PART_MS);
      return Math.min(wanted, even, longestBytes * GROWTH);
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
