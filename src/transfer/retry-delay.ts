/** First and longest wait between attempts. The SDKs start at 0.5 s; they stop at 8 s, too soon for a server in trouble. */
const FIRST_DELAY_MS = 500;
const MAX_DELAY_MS = 30_000;

/**
 * How long to wait after the `attempt`-th failure (from 1): what the server asked for, else full jitter, that is anything
 * from nothing to 0.5 s × 2ⁿ, at most 30 s, so that many clients do not come back at once. `random` gives [0, 1).
 */
export function retryDelayMs(
  attempt: number,
  retryAfterMs: number | undefined,
  random: () => number,
): number {
  if (retryAfterMs !== undefined) return retryAfterMs;
  return random() * Math.min(MAX_DELAY_MS, FIRST_DELAY_MS * 2 ** (attempt - 1));
}
