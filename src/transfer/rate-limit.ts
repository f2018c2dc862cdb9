import type { Clock } from '../model/clock.ts';

/** So that ten pieces go out in a second, and none of them is noticed as a burst. */
const PIECES_PER_SECOND = 10;
/** How often who waits is told so. Below the shortest stall timeout that is accepted, a second. */
const TELL_MS = 500;

/** Holds bytes back, all parts of a run together. */
export interface RateLimit {
  /** The most bytes to take at once. */
  readonly pieceBytes: number;
  /** Resolves when so many more bytes may go out. `onWait` is called now and then until then. @throws the signal's reason */
  take(bytes: number, signal: AbortSignal, onWait: () => void): Promise<void>;
}

/** At most `bytesPerSecond` within any second, give or take a piece of a tenth of that. Time that nobody used is not saved up. */
export function createRateLimit(clock: Clock, bytesPerSecond: number): RateLimit {
  let freeAt = Number.NEGATIVE_INFINITY;
  return {
    pieceBytes: Math.max(1, Math.floor(bytesPerSecond / PIECES_PER_SECOND)),
    async take(bytes, signal, onWait) {
      const startAt = Math.max(clock.monotonic(), freeAt);
      freeAt = startAt + (bytes / bytesPerSecond) * 1000;
      for (let left = startAt - clock.monotonic(); left > 0; left = startAt - clock.monotonic()) {
        await clock.sleep(Math.min(left, TELL_MS), signal);
        onWait();
      }
    },
  };
}
