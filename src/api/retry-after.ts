/** Response headers, with lower-case names. */
export type Headers = Readonly<Record<string, string | string[] | undefined>>;

const HOUR_MS = 3_600_000;

/**
 * Returns how long the server asks us to wait, in milliseconds. The wait is in `retry-after-ms`, or
 * else in `retry-after` as seconds or as a date, which is compared with the server's own `date`.
 * The result is undefined when there is no wait, or when it makes no sense.
 */
export function retryAfterMs(headers: Headers, nowMs: number): number | undefined {
  const exact = numberOf(headers['retry-after-ms']);
  if (exact !== undefined) return exact;
  const value = headers['retry-after'];
  const seconds = numberOf(value);
  if (seconds !== undefined) return seconds * 1000;
  const until = dateOf(value);
  if (until === undefined) return undefined;

  const byServer = until - (dateOf(headers.date) ?? nowMs);
  // A wrong `date` must not make the wait so long that the run gives up.
  return Math.max(0, byServer > HOUR_MS ? Math.min(byServer, until - nowMs) : byServer);
}

/** Returns an HTTP date header in milliseconds since 1970. */
export function dateOf(value: string | string[] | undefined): number | undefined {
  // `Date.parse` accepts nearly anything. HTTP dates begin with the day of the week.
  const isDate = typeof value === 'string' && /^(Mon|Tue|Wed|Thu|Fri|Sat|Sun)[a-z]*,? /.test(value);
  const time = isDate ? Date.parse(value) : Number.NaN;
  return Number.isNaN(time) ? undefined : time;
}

function numberOf(value: string | string[] | undefined): number | undefined {
  if (typeof value !== 'string' || value.trim() === '') return undefined;
  const number = Number(value);
  return Number.isFinite(number) && number >= 0 ? number : undefined;
}

const UNITS_MS: Readonly<Record<string, number>> = { ms: 1, s: 1000, m: 60_000, h: 3_600_000, d: 86_400_000 };

/**
 * Returns how many requests the server takes, from `x-ratelimit-limit-requests`,
 * `-remaining-requests` and `-reset-requests`, which is a duration such as `60ms` or `6m0s`, or a
 * number of seconds. The result is undefined unless all three are there and make sense.
 */
export function requestLimitOf(headers: Headers) {
  const [limit, remaining] = ['limit', 'remaining'].map((name) =>
    numberOf(headers[`x-ratelimit-${name}-requests`]),
  );
  const reset = headers['x-ratelimit-reset-requests'];
  if (limit === undefined || limit < 1 || remaining === undefined || remaining > limit) return undefined;

  const seconds = numberOf(reset);
  if (seconds !== undefined) return { limit, remaining, resetMs: seconds * 1000 };
  if (typeof reset !== 'string' || !/^(\d+(\.\d+)?(ms|s|m|h|d))+$/.test(reset)) return undefined;

  const steps = [...reset.matchAll(/([\d.]+)(ms|[smhd])/g)];
  const resetMs = steps.reduce(
    (sum, [, number, unit = '']) => sum + Number(number) * (UNITS_MS[unit] ?? 0),
    0,
  );
  return { limit, remaining, resetMs };
}
