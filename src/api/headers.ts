import { randomUUID } from 'node:crypto';
import type { Connection } from './connection.ts';
import type { Redact } from './redact.ts';

/** Headers of a request or a response, with lower-case names. */
export type Headers = Readonly<Record<string, string | string[] | undefined>>;

/** `content` describes the body. The user's headers come last and replace ours, in any letter case. */
export function headersOf(
  { connection, userAgent }: { readonly connection: Connection; readonly userAgent: string },
  key: string | undefined,
  content: Readonly<Record<string, string>>,
): Record<string, string> {
  const theirs = Object.entries(connection.headers).map(([name, value]) => [name.toLowerCase(), value]);

  return {
    accept: 'application/json',
    'user-agent': userAgent,
    'x-client-request-id': randomUUID(),
    ...identity(connection, key),
    ...content,
    ...Object.fromEntries(theirs),
  };
}

function identity(
  { auth, organization, project }: Connection,
  key: string | undefined,
): Record<string, string> {
  const keyHeader: Record<string, string> =
    auth === 'api-key' ? { 'api-key': key ?? '' } : { authorization: `Bearer ${key}` };

  return {
    ...(key !== undefined && keyHeader),
    ...(organization !== null && { 'openai-organization': organization }),
    ...(project !== null && { 'openai-project': project }),
  };
}

/** Headers whose names mark them as secret. Their values are never shown. */
const SECRET_HEADER =
  /^(proxy-)?authorization$|api-?key|secret|cookie|(^|-)auth(-|$)|token$|pass(word|wd|phrase)|credential/;

export function shownHeaders(headers: Headers, redact: Redact): Readonly<Record<string, string>> {
  const shown = Object.entries(headers).map(([name, value]) => [
    name,
    SECRET_HEADER.test(name) ? '[secret]' : redact(String(value)),
  ]);
  return Object.fromEntries(shown);
}

/** As for a header. Gateways and signed addresses have secrets in the query, too. */
const SECRET_PARAMETER = /key|secret|token|auth|pass(word|wd|phrase)|credential|^sig$|signature|^code$/i;

export function shownQuery({ search }: URL, redact: Redact): string {
  const parameters = search.slice(1).split('&');
  const shown = parameters.map((parameter) => {
    const [name = ''] = parameter.split('=');
    return SECRET_PARAMETER.test(name) ? `${name}=[secret]` : redact(parameter);
  });
  return `?${shown.join('&')}`;
}

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
