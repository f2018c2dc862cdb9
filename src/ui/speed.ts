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

/** What many uploads have done and have left. */
export interface Workload {
  readonly progress: Progress;
  /** Undefined as long as the bytes of some file are not known. */
  readonly totalBytes: number | undefined;
  /** Whether more may come: folders are still being read. */
  readonly isOpen: boolean;
  /** Files that this run has ended, with the sent shares of those on their way where all bytes are known. */
  readonly filesWorked: number;
  /** Files that are not over, less these shares. */
  readonly filesLeft: number;
}

/**
 * Measures the speed of many uploads together. Small files take a time that does not follow from
 * their bytes, so the rest takes as long as the bytes or the files that are left, whichever is
 * longer; undefined while more files may come. `now` as for `createSpeedometer`.
 */
export function createTotalSpeedometer(): (work: Workload, now: number) => Speed {
  const measure = createSpeedometer();
  let files: GoodputMeter | undefined;
  let startedAt = 0;

  return ({ progress, totalBytes, isOpen, filesWorked, filesLeft }, now) => {
    const speed = measure(progress, now);
    if (files === undefined) {
      files = createGoodputMeter(now, filesWorked);
      startedAt = now;
    }
    files.reached(filesWorked, now);
    if (isOpen) return { ...speed, restMs: undefined };

    const filesPerSecond = now - startedAt < MIN_MEASURED_MS ? undefined : files.bytesPerSecond();
    const ofFiles = filesPerSecond && (filesLeft / filesPerSecond) * 1000;
    const rests = [ofFiles, totalBytes === undefined ? undefined : speed.restMs];
    const known = rests.filter((rest) => rest !== undefined);
    return { ...speed, restMs: known.length === 0 ? undefined : Math.max(...known) };
  };
}

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
