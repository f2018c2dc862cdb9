/** How many parts may be on their way at once. It hears what becomes of them, and may change. */
export interface Concurrency {
  readonly limit: number;
  /** Whether the number was found, so that it changes by single steps only. */
  readonly isSettled: boolean;
  /** The limit, or the one before it while another is on trial. */
  readonly best: number;
  /** The server has a part of so many bytes, after so long. `others` are still on their way. */
  acknowledged(part: { readonly bytes: number; readonly ms: number; readonly others: number }): void;
  /** The server is too busy: 429 or 503. `others` attempts are still on their way. */
  refused(others: number): void;
  /** The connection of a part was cut, or the part stood still for too long. */
  failed(kind: 'cut' | 'stalled'): void;
}

/** The number that the caller asked for, whatever happens. */
export function fixedConcurrency(limit: number): Concurrency {
  const ignore = () => undefined;
  return { limit, isSettled: true, best: limit, acknowledged: ignore, refused: ignore, failed: ignore };
}

/** What was best on the way to a server. */
export interface LinkSpeed {
  readonly concurrency: number;
  /** Of one connection, by acknowledged bytes. */
  readonly bytesPerSecond: number;
}

/** Whether a connection is at least half as fast as it was. */
export function isLike({ bytesPerSecond }: LinkSpeed, bytesPerMs: number): boolean {
  return bytesPerMs * 1000 >= bytesPerSecond / 2;
}

/**
 * After so many parts without a refusal the bound is lifted, which makes 2 % of refusals at most:
 * one more than the server took is tried.
 */
const PARTS_PER_REFUSAL = 64;
/** A refusal that comes sooner after another tells of a bound that has become lower. */
const SOON_PARTS = 32;

/** How many parts at once the server takes, as far as its refusals tell. */
export interface ServerBound {
  readonly value: number;
  /** A part was acknowledged while `others` were on their way. */
  acknowledged(others: number): void;
  /**
   * A part was refused while `others` were on their way; `limit` are allowed from now on.
   * @returns false when the refusal tells of no bound: nothing else was on its way
   */
  refused(others: number, limit: number): boolean;
}

/**
 * What a server took beside a refused part is a bound. But when it refuses all of them, or fewer
 * than it took before, that is trouble and will pass.
 */
export function createServerBound(max: number): ServerBound {
  let value = max;
  /** The most that were on their way when a part was acknowledged: the server can bear as many. */
  let proven = 0;
  let partsSinceRefusal = Number.POSITIVE_INFINITY;

  return {
    get value() {
      return value;
    },
    acknowledged(others) {
      proven = Math.max(proven, others + 1);
      partsSinceRefusal += 1;
      if (partsSinceRefusal % PARTS_PER_REFUSAL === 0) value = Math.min(max, value * 2);
    },
    refused(others, limit) {
      const isSoon = partsSinceRefusal > 0 && partsSinceRefusal < SOON_PARTS;
      partsSinceRefusal = 0;
      if (others === 0) {
        value = max;
        return false;
      }

      // A part that is about to be refused was on its way, too, when the last one was acknowledged.
      if (isSoon || others + 1 >= proven) {
        value = Math.min(value, Math.max(limit, others));
        proven = Math.min(proven, value);
      }
      return true;
    },
  };
}
