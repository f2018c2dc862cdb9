import type { Clock } from '../model/clock.ts';
import type { Concurrency } from './concurrency.ts';

/** Where it starts, and its bounds: as many as peers take fixed, and no more than a server may take for an attack. */
export const FIRST_CONCURRENCY = 4;
export const MOST_CONCURRENCY = 16;

/** The opening: one more every tenth of a second, for two seconds, while each connection is brisk. */
const OPENING_MS = 2000;
const OPENING_STEP_MS = 100;
/** Bytes a second and connection: the smallest part we choose, 8 MB, then takes eight seconds, which little is lost with. */
const BRISK_BYTES_PER_SECOND = 1_000_000;

/** A step up pays when throughput has grown by this; a step down does no harm when that much of the best is left. */
const GAIN = 1.05;
const HARMLESS = 0.97;
/** Rounds between a step that was wrong and the next. */
const REST_ROUNDS = 4;

/** After so many parts without a refusal one more than the server took is tried, which makes 1 % of refusals at most. */
const PARTS_PER_REFUSAL = 100;

/**
 * Finds the number of connections that serves best.
 *
 * It opens them one by one while that costs nothing: before the first part is there nothing else is known, and waiting
 * for it with few would cost a fast link seconds. From then on each round, as many finished parts as are on their way at
 * once, shows a throughput: a step that paid is repeated, one that did not is taken back.
 * A refusal or a stall halves the number. What the server took besides a refused part is a bound, to which it comes back
 * by one with every finished part.
 */
export function adaptiveConcurrency(clock: Pick<Clock, 'monotonic'>): Concurrency {
  let limit = FIRST_CONCURRENCY;
  let bound = MOST_CONCURRENCY;
  let opening: { readonly since: number; readonly steppedAt: number; readonly bytes: number } | undefined;
  let isOpen = false;
  let isRecovering = false;
  let partsSinceRefusal = 0;
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
    setLimit(now - halvedAt < 1000 ? limit : Math.ceil(limit / 2));
    halvedAt = now;
  };

  return {
    get limit() {
      return limit;
    },
    moved(bytes) {
      if (isOpen) return;
      const now = clock.monotonic();
      opening ??= { since: now, steppedAt: now, bytes: 0 };
      opening = { ...opening, bytes: opening.bytes + bytes };
      const elapsedMs = now - opening.since;
      if (now - opening.steppedAt < OPENING_STEP_MS) return;
      opening = { ...opening, steppedAt: opening.steppedAt + OPENING_STEP_MS };
      const bytesPerSecond = (opening.bytes / elapsedMs) * 1000;
      if (bytesPerSecond >= BRISK_BYTES_PER_SECOND * (limit + 1)) setLimit(limit + 1);
      isOpen = elapsedMs >= OPENING_MS || limit >= bound;
      // All there is room for is open. Whether fewer would do is a question that can wait.
      if (limit >= bound) tryOther();
    },
    acknowledged(bytes) {
      partsSinceRefusal += 1;
      if (partsSinceRefusal % PARTS_PER_REFUSAL === 0) bound = Math.min(MOST_CONCURRENCY, bound + 1);
      if (isRecovering) {
        setLimit(limit + 1);
        isRecovering = limit < bound;
        return;
      }
      round = { ...round, bytes: round.bytes + bytes, parts: round.parts + 1 };
      if (isOpen && round.parts >= limit) judge(clock.monotonic());
    },
    refused(others) {
      halve();
      // When all are refused at once, that is trouble and no number that the server can bear.
      bound = Math.min(bound, Math.max(limit, others));
      isRecovering = limit < bound;
      partsSinceRefusal = 0;
    },
    stalled: halve,
  };
}
