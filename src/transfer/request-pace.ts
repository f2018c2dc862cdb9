import type { Clock } from '../model/clock.ts';

/** What a server tells with a response about how many requests it takes. */
export interface RequestLimit {
  /** Requests in a period, or the most that a bucket holds. */
  readonly limit: number;
  /** How many of them are left. */
  readonly remaining: number;
  /** When all of them are there again: the period ends, or the bucket is full. */
  readonly resetMs: number;
}

/** When the next request may begin, for all uploads of a caller. */
export interface RequestPace {
  /** Resolves when one more request may begin, in the order of the calls. @throws the signal's reason */
  take(signal: AbortSignal): Promise<void>;
  /** A response to a request that began at `startedAt`, on the monotonic clock, has told a limit. */
  told(limit: RequestLimit, startedAt: number): void;
  /** A request was refused because there were too many, and the next may come after so long. */
  refused(retryAfterMs?: number): void;
}

/** Timers are late. What they lose is made up for, up to this much. */
const LATE_MS = 100;
/** A wait is looked at again as often, because what was told meanwhile may have ended it. */
const LOOK_AGAIN_MS = 250;
/** Whatever a server tells, after this long a request shows whether it still holds. */
const MAX_TOLD_MS = 60_000;
/** A bucket is not emptied: a request that comes a moment early would be refused. */
const RESERVE = 5;
/** A little below the pace that was refused, so that one refusal is not followed by the next. */
const BELOW = 0.97;
/** How long a pace stays as it is after a refusal, and how fast it grows then. */
const STEADY_MS = 30_000;
const GROWTH_PER_SECOND = 1.01;
/** Shorter waits tell little about a rate: what a server takes after one shows its pace. */
const MIN_WAIT_MS = 1000;
/** So many of the latest requests are remembered. More are never on their way. */
const MAX_BEGUN = 1000;
/** Too few requests say little about a rate. */
const MIN_COUNTED = 10;

/**
 * Paces requests, evenly when the caller has set a rate, and otherwise as the server wants it. What
 * it tells in its headers is spent to the last request, which then needs no refusal. A server that
 * tells nothing shows its rate by how many requests it took between two refusals.
 * @param maxPerSecond by the caller; no bound without
 */
export function createRequestPace(
  clock: Pick<Clock, 'monotonic' | 'sleep'>,
  maxPerSecond = Number.POSITIVE_INFINITY,
): RequestPace {
  const queue: object[] = [];
  /** When the latest requests began, to know which of them a response cannot have counted. */
  let begun: number[] = [];
  let nextAt = Number.NEGATIVE_INFINITY;
  /** What was told last, and how many more may begin by it. */
  let told: (RequestLimit & { readonly resetAt: number; left: number }) | undefined;
  let isBucket = false;
  /** Requests a millisecond, as refusals have shown them. */
  let learned: { readonly perMs: number; readonly at: number } | undefined;
  let sinceRefusal: { readonly at: number; count: number } | undefined;

  /** Milliseconds between two requests. */
  const everyMs = (now: number): number => {
    const growSeconds = learned === undefined ? 0 : Math.max(0, now - learned.at - STEADY_MS) / 1000;
    const byRefusals = learned === undefined ? 0 : 1 / (learned.perMs * GROWTH_PER_SECOND ** growSeconds);
    return Math.max(1000 / maxPerSecond, byRefusals, refillMs());
  };

  /** How long a bucket that has nothing to spare takes for one more. */
  const refillMs = (): number => {
    if (told === undefined || !isBucket || told.left > 0) return 0;
    return Math.min(MAX_TOLD_MS, told.resetMs / Math.max(1, told.limit - told.remaining) / BELOW);
  };

  const mayBeginAt = (now: number): number => {
    if (told !== undefined && now >= told.resetAt)
      told = { ...told, left: told.limit, resetAt: now + MAX_TOLD_MS };
    return told === undefined || isBucket || told.left > 0 ? nextAt : Math.max(nextAt, told.resetAt);
  };

  const begin = (now: number) => {
    nextAt = Math.max(nextAt, now - LATE_MS) + everyMs(now);
    if (told !== undefined) told.left -= 1;
    sinceRefusal ??= { at: now, count: 0 };
    sinceRefusal.count += 1;
    begun.push(now);
    if (begun.length > 2 * MAX_BEGUN) begun = begun.slice(-MAX_BEGUN);
  };

  return {
    async take(signal) {
      const place = {};
      queue.push(place);

      try {
        for (let now = clock.monotonic(); ; now = clock.monotonic()) {
          signal.throwIfAborted();
          const before = queue.indexOf(place);
          const waitMs = mayBeginAt(now) - now + before * everyMs(now);
          if (before === 0 && waitMs <= 0) return begin(now);
          await clock.sleep(Math.min(LOOK_AGAIN_MS, Math.max(1, waitMs)), signal);
        }
      } finally {
        queue.splice(queue.indexOf(place), 1);
      }
    },
    told(limit, startedAt) {
      const now = clock.monotonic();
      // A bucket needs the longer to be full the less it holds; a period comes closer to its end.
      if (told !== undefined && limit.remaining < told.remaining && limit.resetMs !== told.resetMs)
        isBucket = limit.resetMs > told.resetMs;

      // As many may have overtaken it on their way.
      const uncertainMs = 2 * (now - startedAt);
      const uncounted = begun.filter((at) => at >= now - uncertainMs).length;
      const reserve = Math.min(RESERVE, Math.floor(limit.limit / 10));
      const left = limit.remaining - uncounted - reserve;
      told = { ...limit, left, resetAt: now + Math.min(MAX_TOLD_MS, limit.resetMs) };
      learned = undefined;
    },
    refused(retryAfterMs = 0) {
      if (told !== undefined || sinceRefusal === undefined) return;

      sinceRefusal.count -= 1;
      const now = clock.monotonic();
      if (now < sinceRefusal.at) return;

      // The wait belongs to the period in which so many were taken.
      const untilMs = now + Math.max(MIN_WAIT_MS, retryAfterMs);
      const perMs = sinceRefusal.count / (untilMs - sinceRefusal.at);
      if (sinceRefusal.count >= MIN_COUNTED) learned = { perMs: perMs * BELOW, at: untilMs };
      nextAt = Math.max(nextAt, untilMs);
      sinceRefusal = { at: untilMs, count: 0 };
    },
  };
}
