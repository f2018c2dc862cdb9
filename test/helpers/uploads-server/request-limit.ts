const MINUTE_MS = 60_000;

/** The headers of every response, and whether this is one request too many. */
interface Verdict {
  readonly isRefused: boolean;
  readonly headers: Readonly<Record<string, string>>;
}

/**
 * Counts the requests of each minute, which begins with a request, and refuses those over the
 * limit.
 */
export function createRequestLimit(perMinute: number, now: () => number): () => Verdict {
  let [startedAt, taken] = [Number.NEGATIVE_INFINITY, 0];

  return () => {
    const at = now();
    if (at - startedAt >= MINUTE_MS) [startedAt, taken] = [at, 0];
    const isRefused = taken >= perMinute;
    if (!isRefused) taken += 1;
    const leftMs = MINUTE_MS - (at - startedAt);

    return {
      isRefused,
      headers: {
        'x-ratelimit-limit-requests': String(perMinute),
        'x-ratelimit-remaining-requests': String(perMinute - taken),
        'x-ratelimit-reset-requests': `${leftMs}ms`,
        ...(isRefused && { 'retry-after-ms': String(leftMs) }),
      },
    };
  };
}
