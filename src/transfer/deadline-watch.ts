import type { Clock } from '../model/clock.ts';
import type { OnEvent, Progress } from '../model/events.ts';

/** From here on a speed is worth believing: this long, or this many parts. */
const MIN_ELAPSED_MS = 30_000;
const MIN_PARTS = 3;

/**
 * Compares what is left to send with the time the upload has left, and tells once when it will not fit. To be called with
 * the progress after each acknowledged part; speed is that of this run, from the moment the forecast is created.
 */
export function createDeadlineWatch(
  clock: Clock,
  timeLeftMs: () => number,
  onEvent: OnEvent,
): (progress: Progress) => void {
  const startedAt = clock.monotonic();
  let isTold = false;
  let parts = 0;
  return ({ acknowledgedBytes, resumedBytes, totalBytes }) => {
    parts += 1;
    const elapsedMs = clock.monotonic() - startedAt;
    if (isTold || elapsedMs <= 0 || (elapsedMs < MIN_ELAPSED_MS && parts < MIN_PARTS)) return;
    const bytesPerSecond = ((acknowledgedBytes - resumedBytes) / elapsedMs) * 1000;
    const restBytes = totalBytes - acknowledgedBytes;
    const neededMs = (restBytes / bytesPerSecond) * 1000;
    const leftMs = timeLeftMs();
    if (neededMs <= leftMs) return;
    isTold = true;
    const requiredBytesPerSecond = (restBytes / Math.max(leftMs, 1)) * 1000;
    onEvent({ type: 'deadline', neededMs, timeLeftMs: leftMs, bytesPerSecond, requiredBytesPerSecond });
  };
}
