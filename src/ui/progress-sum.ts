import type { Progress, UploadEvent } from '../model/events.ts';

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

/** Returns the progress that an upload begins with. */
export function progressAtStart(event: Extract<UploadEvent, { type: 'started' }>): Progress {
  const { bytes, bytesResumed, parts, partsResumed } = event;
  const acknowledged = { acknowledgedBytes: bytesResumed, acknowledgedParts: partsResumed };
  return { ...NOTHING, ...acknowledged, totalBytes: bytes, resumedBytes: bytesResumed, parts };
}

/** Adds up two uploads, without their speeds and times left. */
export function add(one: Progress, other: Progress): Progress {
  return {
    totalBytes: one.totalBytes + other.totalBytes,
    acknowledgedBytes: one.acknowledgedBytes + other.acknowledgedBytes,
    resumedBytes: one.resumedBytes + other.resumedBytes,
    inFlightBytes: one.inFlightBytes + other.inFlightBytes,
    parts: (one.parts ?? 0) + (other.parts ?? 0),
    acknowledgedParts: one.acknowledgedParts + other.acknowledgedParts,
    retries: one.retries + other.retries,
    bytesPerSecond: null,
    restMs: null,
  };
}
