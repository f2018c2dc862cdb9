import type { Clock } from '../model/clock.ts';

/** So that ten pieces go out in a second, and none of them is noticed as a burst. */
const PIECES_PER_SECOND = 10;

/** Holds bytes back, all parts of a run together. */
export interface RateLimit {
  /** The chunk, cut into pieces that may go out now. They are copies, and stay valid. @throws the signal's reason */
  pieces(chunk: Uint8Array, signal: AbortSignal): AsyncIterable<Uint8Array>;
}

/** At most `bytesPerSecond` within any second, give or take a piece of a tenth of that. Time that nobody used is not saved up. */
export function createRateLimit(clock: Clock, bytesPerSecond: number): RateLimit {
  const pieceBytes = Math.max(1, Math.floor(bytesPerSecond / PIECES_PER_SECOND));
  let freeAt = Number.NEGATIVE_INFINITY;
  const take = async (bytes: number, signal: AbortSignal) => {
    const now = clock.monotonic();
    const startAt = Math.max(now, freeAt);
    freeAt = startAt + (bytes / bytesPerSecond) * 1000;
    if (startAt > now) await clock.sleep(startAt - now, signal);
  };
  return {
    async *pieces(chunk, signal) {
      for (let at = 0; at < chunk.length; at += pieceBytes) {
        const piece = new Uint8Array(chunk.subarray(at, at + pieceBytes));
        await take(piece.length, signal);
        yield piece;
      }
    },
  };
}
