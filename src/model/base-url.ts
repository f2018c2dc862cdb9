import { hash } from 'node:crypto';

/** What people must see, and what is never secret. */
const PLAIN_NAMES = ['api-version'];
const SECRET_NAME = /auth|key|token|secret|sig|code|pass|credential/i;
const DIGEST = /^sha256:[\da-f]{16}$/;

/**
 * Returns a base URL as it may be shown. A user name, a password and the values of the query may be
 * secrets.
 */
export function shownUrl(url: string): string {
  return masked(url, () => '[secret]');
}

/**
 * The same for a file that users may give away. Other secrets make another text, so that two servers
 * can still be told apart. A text that was made here stays as it is.
 */
export function savedUrl(url: string): string {
  return masked(url, (value) =>
    DIGEST.test(value) ? value : `sha256:${hash('sha256', value).slice(0, 16)}`,
  );
}

/** Whether a base URL may hold a secret. A command to copy must not have it. */
export function mayHoldSecret(url: string): boolean {
  return shownUrl(url) !== url;
}

/** Returns the values of the query whose names say that they are secrets, as sent and decoded. */
export function secretsIn(url: string): readonly string[] {
  const { query } = partsOf(url);
  const named = query.filter(([name, value]) => SECRET_NAME.test(name) && value !== undefined);
  return named.flatMap(([name, value = '']) => [
    value,
    new URLSearchParams(`${name}=${value}`).values().next().value ?? '',
  ]);
}

function masked(url: string, mask: (value: string) => string): string {
  if (!/[?#@]/.test(url)) return url;

  const { scheme, user, place, query } = partsOf(url);
  const own = `${scheme}${user === undefined ? '' : `${mask(user)}@`}${place}`;
  const shown = query.map(([name, value]) => {
    if (PLAIN_NAMES.includes(name)) return `${name}=${value ?? ''}`;
    return value === undefined ? mask(name) : `${name}=${mask(value)}`;
  });
  return shown.length === 0 ? own : `${own}?${shown.join('&')}`;
}

/** Takes any text, because a base URL that cannot be used is shown too. */
function partsOf(url: string) {
  const [whole = '', query = ''] = url.replace(/#.*/s, '').split(/\?(.*)/s);
  const [, scheme = '', user, place = ''] = /^([^/]*\/\/)?(?:([^/]*)@)?(.*)$/s.exec(whole) ?? [];
  const pairs = query.split('&').filter(Boolean);
  return {
    scheme,
    user,
    place,
    query: pairs.map((pair) => {
      const [name = '', value] = pair.split(/=(.*)/s);
      return [name, value] as const;
    }),
  };
}
