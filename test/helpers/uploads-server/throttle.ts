import { setTimeout as sleep } from 'node:timers/promises';

/**
 * Timers are coarse. Waits under `timerSlackMs` are carried over, and up to `catchUpMs` may be
 * caught up after a late timer.
 */
const timerSlackMs = 5;
const catchUpMs = 50;

export interface Throttle {
  /**
   * The number of bytes to take at once. Small numbers make a slow rate flow evenly instead of in
   * jumps.
   */
  readonly pieceBytes: number;
  /**
   * Resolves when that many bytes may pass. Callers are served in order. Rejects when the signal
   * aborts.
   */
  take(bytes: number, signal: AbortSignal): Promise<void>;
}

export function createThrottle(bytesPerSecond: number): Throttle {
  let freeAtMs = performance.now();
  return {
    pieceBytes: Math.min(65_536, Math.max(1, Math.floor(bytesPerSecond / 20))),
    async take(bytes, signal) {
      const nowMs = performance.now();
      freeAtMs = Math.max(freeAtMs, nowMs - catchUpMs) + (bytes / bytesPerSecond) * 1000;
      const waitMs = freeAtMs - nowMs;
      if (waitMs >= timerSlackMs) await sleep(waitMs, undefined, { signal });
    },
  };
}
