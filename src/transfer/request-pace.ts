import type { Clock } from '../model/clock.ts';

/** The request limit that a server reports in the headers of a response. */
export interface RequestLimit {
  /** Requests in a period, or the capacity of a bucket. */
  readonly limit: number;
  /** How many of them are left. */
  readonly remaining: number;
  /** Time until all of them are available again: the period ends, or the bucket is full. */
  readonly resetMs: number;
}

/** Decides when the next request may begin, for all uploads of a caller. */
export interface RequestPace {
  /** Resolves when one more request may begin, in call order. @throws the signal's reason */
  take(signal: AbortSignal): Promise<void>;
  /** Reports the limit in a response to a request that began at `startedAt` (monotonic clock). */
  told(limit: RequestLimit, startedAt: number): void;
  /** Reports a request that was refused because there were too many, and how long to wait. */
  refused(retryAfterMs?: number): void;
}

/** Timers fire late. Up to this much of the lost time is made up for. */
const LATE_MS = 100;
/** A wait is checked again this often, because a new limit may have ended it. */
const LOOK_AGAIN_MS = 250;
/**
 * After this long, the next request tests whether a reported limit still holds. A server may ask to
 * wait for years: the request that was refused is given up then, and another one is not held back.
 */
const MAX_TOLD_MS = 60_000;
/** Requests left unused in a bucket, because one that comes a moment early would be refused. */
const RESERVE = 5;
/** Stays a little below the pace that was refused, to avoid the next refusal. */
const BELOW = 0.97;
/** How long the pace stays constant after a refusal, and how fast it grows afterwards. */
const STEADY_MS = 30_000;
const GROWTH_PER_SECOND = 1.01;
/** The shortest wait after a refusal. A shorter one says little about the server's pace. */
const MIN_WAIT_MS = 1000;
/** How many of the latest requests are remembered. There are never more in flight. */
const MAX_BEGUN = 1000;
/** Fewer requests than this say little about a rate. */
const MIN_COUNTED = 10;

/**
 * Paces requests: evenly when the caller has set a rate, and otherwise as the server wants it. A
 * limit in the server's headers is used up to the last request, so no refusal is needed to find it.
 * Without such headers, the rate is learned from how many requests the server took between two
 * refusals.
 * @param maxPerSecond set by the caller; unlimited by default
 */
export function createRequestPace(
  clock: Pick<Clock, 'monotonic' | 'sleep'>,
  maxPerSecond = Number.POSITIVE_INFINITY,
): RequestPace {
  const queue: object[] = [];
  /** When the latest requests began. Tells which of them a response cannot have counted yet. */
  let begun: number[] = [];
  let nextAt = Number.NEGATIVE_INFINITY;
  /** The last reported limit, and how many more requests may begin under it. */
  let told: (RequestLimit & { readonly resetAt: number; left: number }) | undefined;
  let isBucket = false;
  /** Requests a millisecond, learned from refusals. */
  let learned: { readonly perMs: number; readonly at: number } | undefined;
  let sinceRefusal: { readonly at: number; count: number } | undefined;

  /** Returns the milliseconds between two requests. */
  const everyMs = (now: number): number => {
    const growSeconds = learned === undefined ? 0 : Math.max(0, now - learned.at - STEADY_MS) / 1000;
    const byRefusals = learned === undefined ? 0 : 1 / (learned.perMs * GROWTH_PER_SECOND ** growSeconds);
    return Math.max(1000 / maxPerSecond, byRefusals, refillMs());
  };

  /** Returns how long an exhausted bucket takes to allow one more request. */
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
      // The emptier a bucket is, the longer it takes to fill. A period only gets closer to its end.
      if (told !== undefined && limit.remaining < told.remaining && limit.resetMs !== told.resetMs)
        isBucket = limit.resetMs > told.resetMs;

      // Just as many later requests may have overtaken this one.
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

      // The wait is part of the period in which that many requests were accepted.
      const untilMs = now + Math.min(MAX_TOLD_MS, Math.max(MIN_WAIT_MS, retryAfterMs));
      const perMs = sinceRefusal.count / (untilMs - sinceRefusal.at);
      if (sinceRefusal.count >= MIN_COUNTED) learned = { perMs: perMs * BELOW, at: untilMs };
      nextAt = Math.max(nextAt, untilMs);
      sinceRefusal = { at: untilMs, count: 0 };
    },
  };
}
