import type { Progress } from '../model/events.ts';
import { createGoodputMeter, type GoodputMeter } from '../model/goodput.ts';

/** An upload stands still when no byte was sent or acknowledged for this long. */
const STANDSTILL_MS = 5000;
/**
 * While bytes are on their way, they may leave a buffer of the system unseen. The limit is longer
 * then.
 */
const UNSEEN_MS = 15_000;
/** A speed that was measured in less time means nothing. */
const MIN_MEASURED_MS = 200;
/** The limit is at least this many times the longest wait for a part so far. */
const LONGER_THAN_USUAL = 2;

export interface Speed {
  /** Acknowledged bytes per second in this run; 0 while too little is known. */
  readonly bytesPerSecond: number;
  /** Milliseconds until the rest is sent at this speed; undefined while too little is known. */
  readonly restMs: number | undefined;
  /**
   * What has been missing for a while: the next byte, or the response when all bytes are on their
   * way.
   */
  readonly standstill?: 'byte' | 'answer';
}

export type Speedometer = (progress: Progress, now: number) => Speed;

/** What many uploads have done, and what is left. */
export interface Workload {
  readonly progress: Progress;
  /** Undefined while the size of some file is not known. */
  readonly totalBytes: number | undefined;
  /** Whether more files may come, because folders are still being read. */
  readonly isOpen: boolean;
  /**
   * The files that this run has ended. When all sizes are known, it includes the sent shares of
   * running files.
   */
  readonly filesWorked: number;
  /** The files that are not over, minus those shares. */
  readonly filesLeft: number;
}

/**
 * Measures the speed of many uploads together. The time that small files take does not follow from
 * their bytes, so the time left is that of the bytes or the files that are left, whichever is
 * longer. It is undefined while more files may come. `now` is the same as for `createSpeedometer`.
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
 * Takes the speed of one upload from its progress, and measures that of several together. `now` is
 * in milliseconds since any fixed point.
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

/** The progress of an upload that has not begun. */
export const NOTHING: Progress = {
  totalBytes: 0,
  acknowledgedBytes: 0,
  resumedBytes: 0,
  inFlightBytes: 0,
  parts: 0,
  acknowledgedParts: 0,
  retries: 0,
  bytesPerSecond: null,
  restMs: null,
};

/** Returns the share of the bytes to send in this run that has been acknowledged. */
export function shareOf(progress: Progress | undefined): number {
  if (progress === undefined) return 0;
  const { acknowledgedBytes, resumedBytes, totalBytes } = progress;
  return (acknowledgedBytes - resumedBytes) / Math.max(1, totalBytes - resumedBytes);
}

/** Adds up two uploads, without their speeds and times left. */
export function add(one: Progress, other: Progress): Progress {
  return {
    ...NOTHING,
    totalBytes: one.totalBytes + other.totalBytes,
    acknowledgedBytes: one.acknowledgedBytes + other.acknowledgedBytes,
    resumedBytes: one.resumedBytes + other.resumedBytes,
    inFlightBytes: one.inFlightBytes + other.inFlightBytes,
    parts: (one.parts ?? 0) + (other.parts ?? 0),
    acknowledgedParts: one.acknowledgedParts + other.acknowledgedParts,
    retries: one.retries + other.retries,
  };
}
