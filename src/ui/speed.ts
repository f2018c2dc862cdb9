import type { Progress } from '../model/events.ts';

/**
 * The span over which speed is averaged: long enough to be calm, short enough to notice a change.
 */
const WINDOW_MS = 10_000;
/** Progress comes with every chunk; so many samples would only cost memory. */
const SAMPLE_MS = 50;
/** After so long a pause an average is no news any more. */
const STANDSTILL_MS = 5000;

export interface Speed {
  /**
   * Bytes a second over the last ten seconds, those of earlier runs left out; 0 while too little is
   * known.
   */
  readonly bytesPerSecond: number;
  /**
   * Milliseconds until the rest is sent at this speed; undefined while too little is known, or all
   * is on its way.
   */
  readonly restMs: number | undefined;
  /**
   * What has not moved, or not come, for a while: a byte, or the answer when all are on their way.
   */
  readonly standstill?: 'byte' | 'answer';
}

export type Speedometer = (progress: Progress, now: number) => Speed;

/** Measures from the totals of progress events. `now` in milliseconds, from any start. */
export function createSpeedometer(): Speedometer {
  const samples: { readonly at: number; readonly bytes: number }[] = [];
  let latest = { at: Number.NaN, bytes: Number.NaN, acknowledgedBytes: Number.NaN };
  return ({ totalBytes, acknowledgedBytes, resumedBytes, inFlightBytes }, now) => {
    const bytes = acknowledgedBytes - resumedBytes + inFlightBytes;
    if (now - (samples.at(-1)?.at ?? Number.NEGATIVE_INFINITY) >= SAMPLE_MS) samples.push({ at: now, bytes });
    while (samples.length > 2 && now - (samples[0]?.at ?? now) > WINDOW_MS) samples.shift();
    if (bytes !== latest.bytes || acknowledgedBytes !== latest.acknowledgedBytes)
      latest = { at: now, bytes, acknowledgedBytes };
    const first = samples[0] ?? { at: now, bytes };
    const elapsedMs = now - first.at;
    const bytesPerSecond = elapsedMs < 200 ? 0 : Math.max(0, ((bytes - first.bytes) / elapsedMs) * 1000);
    const restBytes = totalBytes - acknowledgedBytes - inFlightBytes;
    const restMs = bytesPerSecond === 0 || restBytes <= 0 ? undefined : (restBytes / bytesPerSecond) * 1000;
    if (now - latest.at < STANDSTILL_MS) return { bytesPerSecond, restMs };

    return { bytesPerSecond, restMs, standstill: restBytes > 0 ? 'byte' : 'answer' };
  };
}
