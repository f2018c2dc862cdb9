import type { Clock } from '../model/clock.ts';
import type { OnEvent, Progress } from '../model/events.ts';

/** From here on a speed is worth believing: this long, or this many parts. */
const MIN_ELAPSED_MS = 30_000;
const MIN_PARTS = 3;

/**
 * Compares what is left to send with the time the upload has left, and tells once when it will not
 * fit. To be called with the progress now and then. While no part is acknowledged, the bytes that
 * were handed to the network are the most that can have arrived.
 */
export function createDeadlineWatch(watch: {
  readonly clock: Pick<Clock, 'monotonic'>;
  readonly timeLeftMs: () => number;
  /** Parts that an earlier run has sent. */
  readonly resumedParts: number;
  readonly onEvent: OnEvent;
}): (progress: Progress) => void {
  const { clock, timeLeftMs, resumedParts, onEvent } = watch;
  const startedAt = clock.monotonic();
  let isTold = false;

  return (progress) => {
    const { acknowledgedParts, acknowledgedBytes, inFlightBytes, totalBytes } = progress;
    const elapsedMs = clock.monotonic() - startedAt;
    if (isTold || elapsedMs <= 0) return;
    if (elapsedMs < MIN_ELAPSED_MS && acknowledgedParts - resumedParts < MIN_PARTS) return;

    const bytesPerSecond = progress.bytesPerSecond ?? (inFlightBytes / elapsedMs) * 1000;
    const restBytes = totalBytes - acknowledgedBytes;
    const neededMs = progress.restMs ?? ((restBytes - inFlightBytes) / Math.max(1, bytesPerSecond)) * 1000;
    const leftMs = timeLeftMs();
    if (neededMs <= leftMs) return;

    isTold = true;
    const requiredBytesPerSecond = (restBytes / Math.max(leftMs, 1)) * 1000;
    onEvent({ type: 'deadline', neededMs, timeLeftMs: leftMs, bytesPerSecond, requiredBytesPerSecond });
  };
}
