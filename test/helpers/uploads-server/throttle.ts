import { setTimeout as sleep } from 'node:timers/promises';

/** Timers are coarse: debts under this are carried over, and as much may be caught up after a late timer. */
const timerSlackMs = 5;
const catchUpMs = 50;

export interface Throttle {
  /** The size of one helping, so that a slow rate flows evenly instead of in jumps. */
  readonly pieceBytes: number;
  /** Resolves when that many bytes may pass; callers are served in order. Rejects when the signal aborts. */
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
