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

/** Small files take more time to begin than to send. So many at once is what peers use. */
const SMALL_FILES_CONCURRENCY = 16;
/** Doubling goes on while it brings a quarter more, a single step while it brings a little. */
const [DOUBLING_GAIN, STEP_GAIN] = [1.25, 1.02];
/** Rounds between a wrong step and the next; twice as many each time that it is wrong again. */
const [REST_ROUNDS, MAX_REST_ROUNDS] = [4, 64];
/** A shorter round says more about chance than about the link. The parts: once the number is found. */
const [MIN_ROUND_MS, MIN_ROUND_PARTS] = [50, 6];
/** When the second connection opens, in times of a part: the longest time between two grows least. */
const STAGGER = 2 / 3;
/**
 * Most time between two connections that open: a refusal comes within one round trip. All open
 * within half the time of a part, or of this while it is unknown.
 */
const [OPENING_STEP_MS, EARLY_PART_MS] = [100, 1000];
/** What fails within this time has one cause. */
const TOGETHER_MS = 1000;

/**
 * Finds the number of connections that serves best, by acknowledged bytes.
 *
 * A round is as many acknowledged parts as are on their way at once, and gives a goodput. Parts
 * that were on their way when the number changed do not count. The number starts small and doubles
 * while that pays, then goes up by single steps: one that does not pay is taken back. One fewer is
 * never tried: it costs more than it can bring. A refusal or a stall halves the number, a cut
 * connection takes one away, and each finished part brings one back.
 */
export function adaptiveConcurrency(clock: Pick<Clock, 'monotonic'>, known?: LinkSpeed): Concurrency {
  let limit = 1;
  const bound = createServerBound(MAX_CONCURRENCY);
  let isFirst = true;
  let isSettled = known !== undefined;
  /** Opens connections before the first part is acknowledged. */
  let early: EarlySearch | undefined =
    known === undefined ? createEarlySearch(clock) : { moved: () => known.concurrency };
  /** Goodput in bytes a millisecond of each number that was tried. */
  const goodput = new Map<number, number>();
  /** `skip`: parts that are still from before the last change. */
  let round = { skip: 0, since: clock.monotonic(), bytes: 0, parts: 0 };
  /** Connections that open one after the other, so that a refusal of the first stops the rest. */
  let opening: { readonly target: number; readonly nextAt: number; readonly everyMs: number } | undefined;
  /** The number before the one that is on trial; 0 when none is. */
  let previous = 0;
  let [rest, restRounds] = [known === undefined ? 0 : REST_ROUNDS, REST_ROUNDS];
  let before = 0;
  let lowered = { at: Number.NEGATIVE_INFINITY, from: 0 };
  /** Parts on their way that are older than the next round. */
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

  /** The goodput of a round says whether the last step was right. */
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

  /** It comes back to `from`, a step at a time. */
  const lower = (value: number, from: number) => {
    const now = clock.monotonic();
    [previous, rest, restRounds, opening, early] = [0, 0, REST_ROUNDS, undefined, undefined];
    if (now - lowered.at >= TOGETHER_MS) lowered = { at: now, from };
    before = Math.max(before, lowered.from);
    setLimit(Math.min(from, Math.max(value, Math.ceil(lowered.from / 2))));
    // What is sent again has waited first.
    round.skip += 1;
  };

  /** Small files need many at once, and what was best of old needs a link that is still like it. */
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
