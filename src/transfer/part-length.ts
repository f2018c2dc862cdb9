import { SMALL_PART_BYTES } from '../plan/ranges.ts';

/** How long a part should take: long enough to keep requests few, short enough to lose little. */
const PART_MS = 8000;
/** While the number of connections is still searched for, short parts show its effect sooner. */
const OPENING_PART_MS = 1000;
/** Unreliable connections get shorter parts, but not so short that the request dominates. */
const MIN_PART_MS = 1000;
/** Parts grow at most by this factor, since the first ones may have gone straight into a buffer. */
const GROWTH = 2;
/** Two parts are better than one when each has at least this fraction of the minimum. */
const NEARLY = 0.95;
/** Weight of the latest part in the average speed of a connection. */
const WEIGHT = 0.3;
/** A cut loses half a part on average, so shorter parts lose less. */
const SHORTER_AFTER_CUT = 3;
/** How fast parts return to their full duration after a cut, as a factor for each part. */
const RECOVERY = 1.03;

/** Decides how long the next part should be, by how fast parts have been acknowledged. */
export interface PartLength {
  /**
   * `restBytes` are in no part yet; the parts in flight still have `onTheWayBytes` to send. Up to
   * `connections` may be used at once. No part may be smaller than `minBytes`.
   */
  next(state: {
    readonly restBytes: number;
    readonly onTheWayBytes: number;
    readonly minBytes: number;
    readonly connections: number;
    readonly isSettled: boolean;
  }): number;
  /** Reports a part that was acknowledged after `ms`. */
  acknowledged(part: { readonly bytes: number; readonly ms: number }): void;
  /** Reports a connection that was cut, or stalled, in the middle of a part. */
  cutOff(): void;
  /** Speed of one connection in bytes a second; 0 while it is unknown. */
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

      // Parts get shorter towards the end, which lets all connections finish at the same time.
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
