/**
 * The server's clock. The server writes its time into `Date` and `created_at`, and compares it with
 * `expires_at`.
 */
export interface ServerClock {
  nowMs(): number;
  nowSeconds(): number;
  setOffset(offsetMs: number): void;
}

export function createServerClock(now: () => number): ServerClock {
  let offsetMs = 0;
  const nowMs = () => now() + offsetMs;
  return {
    nowMs,
    nowSeconds: () => Math.floor(nowMs() / 1000),
    setOffset: (nextOffsetMs) => {
      offsetMs = nextOffsetMs;
    },
  };
}
