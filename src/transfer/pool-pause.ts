import type { Clock } from '../model/clock.ts';

/** Holds back every attempt of a run while the server asks for it. */
export interface PoolPause {
  /** Nobody starts before `ms` from now. A longer pause that is on already stays. */
  holdFor(ms: number): void;
  /** Resolves when attempts may start. @throws the signal's reason */
  wait(signal: AbortSignal): Promise<void>;
}

export function createPoolPause(clock: Clock): PoolPause {
  let until = Number.NEGATIVE_INFINITY;
  return {
    holdFor(ms) {
      until = Math.max(until, clock.monotonic() + ms);
    },
    async wait(signal) {
      // Again after each sleep: somebody may have prolonged the pause meanwhile.
      for (let left = until - clock.monotonic(); left > 0; left = until - clock.monotonic()) {
        await clock.sleep(left, signal);
      }
    },
  };
}
