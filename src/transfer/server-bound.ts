/**
 * After so many parts without a refusal the bound is lifted, which makes 2 % of refusals at most: one
 * more than the server took is tried.
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
 * What a server took beside a refused part is a bound. But when it refuses all of them, or fewer than
 * it took before, that is trouble and will pass.
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
