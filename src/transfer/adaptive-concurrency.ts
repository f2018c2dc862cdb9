import type { Clock } from '../model/clock.ts';
import { DEFAULT_MIN_PART_BYTES, SMALL_PART_BYTES } from '../plan/ranges.ts';
import {
  type AcknowledgedPart,
  type Concurrency,
  createServerBound,
  isLike,
  isWorthTrial,
  type LinkSpeed,
  MAX_CONCURRENCY,
  PROMISED_MS,
  SHORT_PART_MS,
} from './concurrency.ts';
import { createEarlySearch, type EarlySearch } from './early-search.ts';

/** Small files take longer to begin than to send. Comparable tools use this many at once. */
const SMALL_FILES_CONCURRENCY = 16;
/** Doubling goes on while it gains a quarter, single steps while they gain a little. */
const [DOUBLING_GAIN, STEP_GAIN] = [1.25, 1.02];
/** Rounds between a wrong step and the next one. Each further wrong step doubles the number. */
const [REST_ROUNDS, MAX_REST_ROUNDS] = [4, 64];
/** A shorter round says more about chance. The number of parts applies once the number is found. */
const [MIN_ROUND_MS, MIN_ROUND_PARTS] = [50, 6];
/** When the second connection opens, in times of a part: it delays acknowledgements least. */
const STAGGER = 2 / 3;
/** The longest time between opening two connections, and the time of a part while it is unknown. */
const [OPENING_STEP_MS, EARLY_PART_MS] = [100, 1000];
/** Failures within this time have the same cause. */
const TOGETHER_MS = 1000;

/**
 * Finds the best number of connections, by acknowledged bytes.
 *
 * A round is as many acknowledged parts as are in flight at once, and yields a goodput. Parts that
 * were in flight when the number changed do not count. The number starts small and doubles while
 * that pays. Then it grows by single steps, and a step that does not pay is undone. Fewer
 * connections are never tried, because that costs more than it can gain. A refusal or a stall
 * halves the number, a cut connection takes one away, and each finished part gives one back.
 */
export function adaptiveConcurrency(clock: Pick<Clock, 'monotonic'>, known?: LinkSpeed): Concurrency {
  let limit = 1;
  const bound = createServerBound(MAX_CONCURRENCY);
  let isFirst = true;
  let isSettled = known !== undefined;
  /** Opens connections before the first part is acknowledged. */
  let early: EarlySearch | undefined =
    known === undefined ? createEarlySearch(clock) : { moved: () => known.concurrency };
  /** Goodput in bytes a millisecond for each number tried. */
  const goodput = new Map<number, number>();
  /** `skip` counts the parts in flight that date from before the last change. */
  let round = { skip: 0, since: clock.monotonic(), bytes: 0, parts: 0 };
  /** Connections open one after the other, so a refusal of the first one stops the rest. */
  let opening: { readonly target: number; readonly nextAt: number; readonly everyMs: number } | undefined;
  /** The number before the one on trial; 0 when none is on trial. */
  let previous = 0;
  let [rest, restRounds] = [known === undefined ? 0 : REST_ROUNDS, REST_ROUNDS];
  let before = 0;
  let lowered = { at: Number.NEGATIVE_INFINITY, from: 0 };
  /** Parts in flight that are older than the next round. */
  let others = 0;

  const setLimit = (value: number) => {
    round = { skip: others, since: clock.monotonic(), bytes: 0, parts: 0 };
    limit = Math.min(bound.value, Math.max(1, value));
  };

  const openUpTo = (value: number, { partMs = EARLY_PART_MS, delayMs = 0 } = {}) => {
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

  const startTrial = (partMs: number, partBytes: number) => {
    const isSlow = limit === 1 && partMs > SHORT_PART_MS;
    const smallestMs = (partMs * DEFAULT_MIN_PART_BYTES) / partBytes;
    if (isSlow && smallestMs <= PROMISED_MS && smallestMs * (2 - STAGGER) > PROMISED_MS) {
      [isSettled, rest] = [true, REST_ROUNDS];
      return;
    }
    const latestMs = partMs <= PROMISED_MS ? 2 * partMs - PROMISED_MS : 0;
    const delayMs = isSlow ? Math.max(partMs * STAGGER, latestMs) : 0;
    previous = limit;
    openUpTo(isSettled ? limit + 1 : limit * 2, { partMs, delayMs });
  };

  /** Uses the goodput of a round to decide whether the last step was right. */
  const judge = (now: number, restBytes: number) => {
    const ms = Math.max(1, now - round.since);
    const latest = round.bytes / ms;
    const old = previous === 0 ? (goodput.get(limit) ?? latest) : latest;
    const here = (old + latest) / 2;
    goodput.set(limit, here);
    const [partMs, partBytes] = [(ms * limit) / round.parts, round.bytes / round.parts];
    round = { skip: 0, since: now, bytes: 0, parts: 0 };

    if (previous !== 0) {
      const gain = here / (goodput.get(previous) ?? here);
      if (gain < (isSettled ? STEP_GAIN : DOUBLING_GAIN)) {
        setLimit(previous);
        [isSettled, previous, rest] = [true, 0, restRounds];
        restRounds = Math.min(MAX_REST_ROUNDS, restRounds * 2);
        return;
      }
      [previous, restRounds] = [0, REST_ROUNDS];
    }

    isSettled ||= limit >= bound.value;
    if (rest > 0) rest -= 1;
    else if (limit < bound.value && isWorthTrial(limit, partBytes, restBytes)) startTrial(partMs, partBytes);
  };

  /** Lowers the number. It returns to `from` one step at a time. */
  const lower = (value: number, from: number) => {
    const now = clock.monotonic();
    [previous, rest, restRounds, opening, early] = [0, 0, REST_ROUNDS, undefined, undefined];
    if (now - lowered.at >= TOGETHER_MS) lowered = { at: now, from };
    before = Math.max(before, lowered.from);
    setLimit(Math.min(from, Math.max(value, Math.ceil(lowered.from / 2))));
    // A part that is sent again has waited first.
    round.skip += 1;
  };

  /**
   * Handles the first part. Small files need many connections at once, and a remembered number only
   * applies if the link is still like it was.
   */
  const meetFirst = (part: AcknowledgedPart) => {
    if (limit === 1) round.since = clock.monotonic() - part.ms;
    [isFirst, early] = [false, undefined];
    if (part.bytes < SMALL_PART_BYTES && limit < SMALL_FILES_CONCURRENCY) {
      isSettled = true;
      setLimit(SMALL_FILES_CONCURRENCY);
    } else if (known !== undefined && !isLike(known, part)) {
      [isSettled, rest, opening] = [false, 0, undefined];
      setLimit(1);
    }
  };

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
    moved(bytes, restBytes) {
      const connections = opening ? undefined : early?.moved(bytes, { connections: limit, restBytes });
      if (connections === undefined) return;
      if (connections > limit) return openUpTo(connections);

      [early, others] = [undefined, limit];
      if (connections < limit) setLimit(connections);
    },
    acknowledged(part) {
      others = part.others;
      bound.acknowledged(others);
      if (isFirst) meetFirst(part);

      if (limit < Math.min(before, bound.value)) return setLimit(limit + 1);
      before = 0;
      if (opening !== undefined) return;
      const now = clock.monotonic();
      if (round.skip > 0) {
        round = { ...round, skip: round.skip - 1, since: now };
        return;
      }

      round = { ...round, bytes: round.bytes + part.bytes, parts: round.parts + 1 };
      const parts = isSettled ? Math.max(limit, MIN_ROUND_PARTS) : limit;
      if (round.parts >= parts && now - round.since >= MIN_ROUND_MS) judge(now, part.restBytes);
    },
    refused(stillOnTheirWay) {
      open();
      others = stillOnTheirWay;
      lower(Math.ceil(limit / 2), limit);
      isSettled = bound.refused(others, limit);
    },
    failed(kind) {
      open();
      lower(kind === 'stalled' ? Math.ceil(limit / 2) : limit - 1, previous || limit);
    },
  };
}
