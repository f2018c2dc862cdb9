import type { Clock } from '../model/clock.ts';
import { SMALL_PART_BYTES } from '../plan/ranges.ts';
import { type Concurrency, createServerBound, isLike, type LinkSpeed } from './concurrency.ts';

/** More may look like an attack. Where each connection is slow, that many still pay. */
export const MAX_CONCURRENCY = 64;
/** Small files take more time to begin than to send. So many at once is what peers use. */
const SMALL_FILES_CONCURRENCY = 16;

/** Doubling goes on while it brings a quarter more; a single step when it brings this much. */
const DOUBLING_GAIN = 1.25;
const STEP_GAIN = 1.04;
/** One connection less is right when it leaves this much. */
const HARMLESS = 0.98;
/** Rounds between a wrong step and the next; twice as many each time that it is wrong again. */
const [REST_ROUNDS, MAX_REST_ROUNDS] = [4, 64];
/** A shorter round says more about chance than about the link. */
const MIN_ROUND_MS = 50;
/** Acknowledged bytes move at least this often wherever one part of the smallest size can do so. */
const PROMISED_MS = 10_000;
/**
 * When the second connection opens, as a share of the time of the running part. Its parts then end
 * between those of the first, so that the longest time between two of them grows least: by a third.
 */
const STAGGER = 2 / 3;
/** Most time between two connections that open. A refusal comes within one round trip. */
const OPENING_STEP_MS = 100;
/** Parts that are over sooner need no such care. */
const STAGGERED_PART_MS = 2000;
/** How much an earlier average of the same number still counts. */
const MEMORY = 0.5;

/** What fails within this time has one cause. */
const TOGETHER_MS = 1000;

/**
 * Finds the number of connections that serves best, by acknowledged bytes alone.
 *
 * A round is as many acknowledged parts as are on their way at once, and gives a goodput. Parts
 * that were on their way when the number changed do not count. The number starts small and doubles
 * while that pays, then goes up or down by single steps: one that does not pay is taken back. A
 * refusal or a stall halves the number, a cut connection takes one away, and each finished part
 * brings one back.
 */
export function adaptiveConcurrency(clock: Pick<Clock, 'monotonic'>, known?: LinkSpeed): Concurrency {
  let limit = 1;
  /** What was best the last time; used at once, until the first part shows that the link is another. */
  let remembered = known;
  const bound = createServerBound(MAX_CONCURRENCY);
  let isSettled = known !== undefined;
  /** Goodput in bytes a millisecond of each number that was tried. */
  const goodput = new Map<number, number>();
  /** `skip`: parts that are still from before the last change. */
  let round = { skip: 0, since: clock.monotonic(), bytes: 0, parts: 0 };
  /** Connections that open one after the other, so that a refusal of the first stops the rest. */
  let opening: { readonly target: number; readonly nextAt: number; readonly everyMs: number } | undefined;
  /** The number before the one that is on trial; 0 when none is. */
  let previous = 0;
  let step = known === undefined ? 1 : -1;
  let [rest, restRounds] = [known === undefined ? 0 : REST_ROUNDS, REST_ROUNDS];
  /** What it comes back to after a failure. */
  let before = 0;
  let lowered = { at: Number.NEGATIVE_INFINITY, from: 0 };
  /** Parts on their way that are older than the next round. */
  let others = 0;

  const setLimit = (value: number) => {
    round = { skip: others, since: clock.monotonic(), bytes: 0, parts: 0 };
    limit = Math.min(bound.value, Math.max(1, value));
  };

  const startTrial = (value: number, partMs: number) => {
    const isSlow = limit === 1 && partMs > STAGGERED_PART_MS;
    if (isSlow && partMs <= PROMISED_MS && partMs * (2 - STAGGER) > PROMISED_MS) {
      [isSettled, rest] = [true, REST_ROUNDS];
      return;
    }

    previous = limit;
    if (value <= limit) return setLimit(value);

    openUpTo(value, partMs, isSlow ? partMs * STAGGER : 0);
  };

  const openUpTo = (value: number, partMs: number, delayMs = 0) => {
    const target = Math.min(value, bound.value);
    if (target <= limit) return;
    const everyMs = Math.min(OPENING_STEP_MS, partMs / (2 * (target - limit)));
    opening = { target, nextAt: clock.monotonic() + delayMs, everyMs };
    open();
  };

  const open = () => {
    const now = clock.monotonic();
    while (opening !== undefined && now >= opening.nextAt) {
      const { target, nextAt, everyMs } = opening;
      setLimit(limit + 1);
      round.skip = 0;
      opening = limit < target ? { target, nextAt: nextAt + everyMs, everyMs } : undefined;
    }
  };

  const takeBack = () => {
    const value = previous;
    step = isSettled ? -step : 1;
    [isSettled, previous, rest] = [true, 0, restRounds];
    restRounds = Math.min(MAX_REST_ROUNDS, restRounds * 2);
    setLimit(value);
  };

  /** The goodput of a round says whether the last step was right. */
  const judge = (now: number) => {
    const latest = round.bytes / Math.max(1, now - round.since);
    const known = goodput.get(limit);
    const here = known === undefined || previous !== 0 ? latest : MEMORY * known + (1 - MEMORY) * latest;
    goodput.set(limit, here);
    const partMs = (now - round.since) / (round.parts / limit);
    round = { skip: 0, since: now, bytes: 0, parts: 0 };

    if (previous !== 0) {
      const gain = here / (goodput.get(previous) ?? here);
      const enough = limit < previous ? HARMLESS : isSettled ? STEP_GAIN : DOUBLING_GAIN;
      if (gain < enough) return takeBack();
      [previous, restRounds] = [0, REST_ROUNDS];
    }

    if (!isSettled && limit < bound.value) return startTrial(limit * 2, partMs);
    if (!isSettled) [isSettled, step] = [true, -1];

    if (rest > 0) {
      rest -= 1;
      return;
    }

    const next = limit + step;
    if (next >= 1 && next <= bound.value) return startTrial(next, partMs);
    [step, rest] = [-step, REST_ROUNDS];
  };

  const lower = (value: number) => {
    open();
    const now = clock.monotonic();
    [previous, rest, restRounds, opening] = [0, 0, REST_ROUNDS, undefined];
    if (now - lowered.at >= TOGETHER_MS) lowered = { at: now, from: limit };
    before = Math.max(before, lowered.from);
    setLimit(Math.max(value, Math.ceil(lowered.from / 2)));
  };

  if (known !== undefined) openUpTo(known.concurrency, Number.POSITIVE_INFINITY, OPENING_STEP_MS);

  return {
    get limit() {
      open();
      return limit;
    },
    get best() {
      return previous === 0 ? limit : previous;
    },
    get isSettled() {
      return isSettled;
    },
    acknowledged({ bytes, ms, ...part }) {
      others = part.others;
      bound.acknowledged(others);

      if (limit < Math.min(before, bound.value)) return setLimit(limit + 1);
      before = 0;
      const isSmall = bytes < SMALL_PART_BYTES && goodput.size === 0;
      if (isSmall && limit < Math.min(SMALL_FILES_CONCURRENCY, bound.value)) {
        isSettled = true;
        return setLimit(SMALL_FILES_CONCURRENCY);
      }

      if (remembered !== undefined && !isLike(remembered, bytes / Math.max(1, ms))) {
        [isSettled, step, rest, opening] = [false, 1, 0, undefined];
        setLimit(1);
      }
      remembered = undefined;

      if (opening !== undefined) return;
      if (round.skip > 0) {
        round = { ...round, skip: round.skip - 1, since: clock.monotonic() };
        return;
      }
      round = { ...round, bytes: round.bytes + bytes, parts: round.parts + 1 };
      const now = clock.monotonic();
      if (round.parts >= limit && now - round.since >= MIN_ROUND_MS) judge(now);
    },
    refused(stillOnTheirWay) {
      others = stillOnTheirWay;
      lower(Math.ceil(limit / 2));
      isSettled = bound.refused(others, limit);
      step = 1;
    },
    failed(kind) {
      lower(kind === 'cut' ? limit - 1 : Math.ceil(limit / 2));
    },
  };
}
