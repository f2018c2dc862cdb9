import type { Progress } from '../model/events.ts';
import { createGoodputMeter, type GoodputMeter } from '../model/goodput.ts';

/** Nothing has moved when no byte went out or was acknowledged for so long. */
const STANDSTILL_MS = 5000;
/**
 * While bytes are on their way they may move unseen, out of a buffer of the system: longer, then.
 */
const UNSEEN_MS = 15_000;
/** What was measured in less time says nothing. */
const MIN_MEASURED_MS = 200;
/** And longer than parts have taken so far. */
const LONGER_THAN_USUAL = 2;

export interface Speed {
  /** Acknowledged bytes a second of this run; 0 while too little is known. */
  readonly bytesPerSecond: number;
  /** Milliseconds until the rest is sent at this speed; undefined while too little is known. */
  readonly restMs: number | undefined;
  /**
   * What has not moved, or not come, for a while: a byte, or the answer when all are on their way.
   */
  readonly standstill?: 'byte' | 'answer';
}

export type Speedometer = (progress: Progress, now: number) => Speed;

/**
 * Tells the speed of an upload as its progress has it, and measures that of several together.
 * `now` in milliseconds, from any start.
 */
export function createSpeedometer(): Speedometer {
  let meter: GoodputMeter | undefined;
  let startedAt = 0;
  let latest = { at: Number.NaN, bytes: Number.NaN, acknowledgedBytes: Number.NaN };
  let acknowledgedAt: number | undefined;
  let longestMs = 0;

  return (progress, now) => {
    const { totalBytes, acknowledgedBytes, resumedBytes, inFlightBytes } = progress;
    const own = acknowledgedBytes - resumedBytes;
    if (meter === undefined) {
      meter = createGoodputMeter(now, own);
      startedAt = now;
    }
    meter.reached(own, now);

    if (acknowledgedBytes !== latest.acknowledgedBytes) {
      if (acknowledgedAt !== undefined) longestMs = Math.max(longestMs, now - acknowledgedAt);
      acknowledgedAt = now;
    }
    const bytes = acknowledgedBytes + inFlightBytes;
    if (bytes !== latest.bytes || acknowledgedBytes !== latest.acknowledgedBytes)
      latest = { at: now, bytes, acknowledgedBytes };

    const isTooSoon = now - startedAt < MIN_MEASURED_MS;
    const bytesPerSecond = progress.bytesPerSecond ?? (isTooSoon ? 0 : (meter.bytesPerSecond() ?? 0));
    const restBytes = totalBytes - acknowledgedBytes;
    const restMs =
      bytesPerSecond === 0 ? undefined : (progress.restMs ?? (restBytes / bytesPerSecond) * 1000);

    const tolerated =
      inFlightBytes === 0 ? STANDSTILL_MS : Math.max(UNSEEN_MS, longestMs * LONGER_THAN_USUAL);
    if (now - latest.at < tolerated) return { bytesPerSecond, restMs };

    return { bytesPerSecond, restMs, standstill: restBytes > inFlightBytes ? 'byte' : 'answer' };
  };
}
