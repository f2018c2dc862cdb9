import type { Clock } from '../model/clock.ts';
import type { Concurrency } from './concurrency.ts';

/** Where it starts, and its bounds: as many as peers take fixed, and no more than a server may take for an attack. */
const FIRST_CONCURRENCY = 4;
export const MAX_CONCURRENCY = 16;

/** The opening: one more every tenth of a second while each connection is brisk; that one is not, shows after two seconds. */
const OPENING_MS = 2000;
const OPENING_STEP_MS = 100;
/** A connection is brisk when a part takes no longer than this: little is lost with it, and it is soon known how it went. */
const BRISK_PART_MS = 30_000;

/** A step up pays when throughput has grown by this; a step down does no harm when that much of the best is left. */
const GAIN = 1.05;
const HARMLESS = 0.97;
/** Rounds between a step that was wrong and the next. */
const REST_ROUNDS = 4;

/**
 * After so many parts without a refusal the bound is lifted, which makes 2 % of refusals at most: one more than the server
 * took is tried.
 */
const PARTS_PER_REFUSAL = 64;
/** A refusal that comes sooner after another tells of a bound that has become lower. */
const SOON_PARTS = 32;

/**
 * Finds the number of connections that serves best.
 *
 * It opens them one by one while that costs nothing: before the first part is there nothing else is known, and waiting
 * for it with few would cost a fast link seconds. From then on each round, as many finished parts as are on their way at
 * once, shows a throughput: a step that paid is repeated, one that did not is taken back.
 * A refusal or a stall halves the number, and it comes back by one with every finished part. What a server took beside a
 * refused part is a bound; but when it refuses all of them, or fewer than it took before, that is trouble and will pass.
 */
export function adaptiveConcurrency(clock: Pick<Clock, 'monotonic'>): Concurrency {
  let limit = FIRST_CONCURRENCY;
  let bound = MAX_CONCURRENCY;
  let opening: { readonly since: number; readonly steppedAt: number; readonly bytes: number } | undefined;
  let isOpen = false;
  /** What it comes back to after it was halved. */
  let before = 0;
  /** The most that were on their way when a part was acknowledged: the server can bear as many. */
  let proven = 0;
  let partsSinceRefusal = Number.POSITIVE_INFINITY;
  let halvedAt = Number.NEGATIVE_INFINITY;
  let round = { since: clock.monotonic(), bytes: 0, parts: 0 };
  let step = 1;
  /** The last step has been taken on trial, and its round is not over. */
  let isTrial = false;
  let rest = 0;
  let rate = 0;
  let bestRate = 0;

  const setLimit = (value: number) => {
    limit = Math.min(bound, Math.max(1, value));
    round = { since: clock.monotonic(), bytes: 0, parts: 0 };
  };
  const tryOther = () => {
    step = -step;
    rest = REST_ROUNDS;
  };
  /** The throughput of a round says whether the last step was right, and another one is worth trying. */
  const judge = (now: number) => {
    const previous = rate;
    rate = round.bytes / Math.max(1, now - round.since);
    bestRate = Math.max(bestRate, rate);
    const wasWrong = isTrial && (step > 0 ? rate < previous * GAIN : rate < bestRate * HARMLESS);
    const next = wasWrong ? limit - step : limit + step;
    isTrial = !wasWrong && rest === 0 && next >= 1 && next <= bound;
    setLimit(wasWrong || isTrial ? next : limit);
    if (wasWrong || (rest === 0 && !isTrial)) tryOther();
    else rest = Math.max(0, rest - 1);
  };
  const halve = () => {
    const now = clock.monotonic();
    isOpen = true;
    [step, rest, isTrial] = [1, 0, false];
    // What fails together has one cause.
    if (now - halvedAt >= 1000) {
      before = Math.max(before, limit);
      limit = Math.ceil(limit / 2);
      halvedAt = now;
    }
    setLimit(limit);
  };

  return {
    get limit() {
      return limit;
    },
    moved(bytes, partBytes) {
      if (isOpen) return;
      const now = clock.monotonic();
      opening ??= { since: now, steppedAt: now, bytes: 0 };
      opening = { ...opening, bytes: opening.bytes + bytes };
      const elapsedMs = now - opening.since;
      if (now - opening.steppedAt < OPENING_STEP_MS) return;
      opening = { ...opening, steppedAt: opening.steppedAt + OPENING_STEP_MS };
      const partMs = (partBytes * elapsedMs * (limit + 1)) / opening.bytes;
      const isBrisk = partMs <= BRISK_PART_MS;
      if (isBrisk) setLimit(limit + 1);
      isOpen = limit >= bound || (!isBrisk && elapsedMs >= OPENING_MS);
      // All there is room for is open. Whether fewer would do is a question that can wait.
      if (limit >= bound) tryOther();
    },
    acknowledged(bytes, others) {
      proven = Math.max(proven, others + 1);
      partsSinceRefusal += 1;
      if (partsSinceRefusal % PARTS_PER_REFUSAL === 0) bound = Math.min(MAX_CONCURRENCY, bound * 2);
      if (limit < Math.min(before, bound)) return setLimit(limit + 1);
      before = 0;
      round = { ...round, bytes: round.bytes + bytes, parts: round.parts + 1 };
      if (isOpen && round.parts >= limit) judge(clock.monotonic());
    },
    refused(others) {
      halve();
      const isSoon = partsSinceRefusal > 0 && partsSinceRefusal < SOON_PARTS;
      partsSinceRefusal = 0;
      if (others === 0) {
        bound = MAX_CONCURRENCY;
        opening = undefined;
        isOpen = false;
        return;
      }
      // A part that is about to be refused was on its way, too, when the last one was acknowledged.
      if (isSoon || others + 1 >= proven) {
        bound = Math.min(bound, Math.max(limit, others));
        proven = Math.min(proven, bound);
      }
    },
    stalled: halve,
  };
}
