/** Limits the retries of a whole run, over all its parts, so that a server in trouble is not hammered. */
export interface RetryBudget {
  /** Takes one; false when there is none left. */
  take(): boolean;
  /** Something succeeded: gives one back, up to the start. */
  restore(): void;
}

/** `capacity` retries may go without a success in between. */
export function createRetryBudget(capacity: number): RetryBudget {
  let left = capacity;
  return {
    take() {
      if (left <= 0) return false;
      left -= 1;
      return true;
    },
    restore() {
      left = Math.min(capacity, left + 1);
    },
  };
}
