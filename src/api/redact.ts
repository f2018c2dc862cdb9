import type { Connection } from './connection.ts';
import type { ProxyServer } from './proxy.ts';

export type Redact = (text: string) => string;

/**
 * Shorter values, such as the keys of local servers, are not secret and would match ordinary words.
 */
const SHORTEST_SECRET = 8;

/**
 * Removes secrets from a text in any form: plain, or escaped for JSON (once or more), for a URL or
 * for HTML. A JSON document stays valid JSON. The secrets of the headers and the proxy are known
 * from the start. Keys are added as they are seen, and stay known.
 */
export function createRedactor(
  { headers }: Pick<Connection, 'headers'>,
  proxy?: ProxyServer,
): { readonly redact: Redact; readonly add: (secret: string) => void } {
  const patterns = new Map<string, RegExp>();

  const add = (secret: string) => {
    if (secret.length < SHORTEST_SECRET || patterns.has(secret)) return;
    patterns.set(secret, new RegExp(patternOf(secret), 'gi'));
  };

  for (const secret of secretsOf(headers, proxy)) add(secret);

  return {
    add,
    redact(text) {
      // A secret that begins with another one must be matched as a whole.
      const longestFirst = [...patterns].sort(([one], [other]) => other.length - one.length);
      return longestFirst.reduce((clean, [, pattern]) => clean.replace(pattern, '[secret]'), text);
    },
  };
}

function secretsOf(headers: Connection['headers'], proxy: ProxyServer | undefined): readonly string[] {
  const values = Object.entries(headers)
    .filter(([name]) => /auth|key|token|secret|cookie/i.test(name))
    .map(([, value]) => value);
  if (proxy?.authorization) values.push(proxy.authorization);

  return [...values.flatMap((value) => [value, ...value.split(/\s+/)]), passwordOf(proxy)];
}

function passwordOf(proxy: ProxyServer | undefined): string {
  const [, token = ''] = proxy?.authorization?.split(' ') ?? [];
  const user = Buffer.from(token, 'base64').toString();
  return user.slice(user.indexOf(':') + 1);
}

/** A longer pattern takes too long, and one of a few thousand characters overflows the stack. */
const PATTERN_CHARACTERS = 300;

/**
 * Matches backslashes before the first character too, or the rest would not be valid JSON. A long
 * secret is matched by its beginning, along with any token characters that follow.
 */
function patternOf(secret: string): string {
  const characters = [...secret];
  const rest = characters.length > PATTERN_CHARACTERS ? '[\\w.~+/=-]*' : '';
  return `(?<!\\\\)${characters.slice(0, PATTERN_CHARACTERS).map(formsOf).join('')}${rest}`;
}

const ENTITIES: Readonly<Record<string, string>> = {
  '&': 'amp',
  '<': 'lt',
  '>': 'gt',
  '"': 'quot',
  "'": 'apos',
};

/** Matches every way to write one character. */
function formsOf(character: string): string {
  const code = character.codePointAt(0) ?? 0;
  const hex = code.toString(16);
  const bytes = [...Buffer.from(character)].map((byte) => `%(?:25)*${byte.toString(16).padStart(2, '0')}`);
  const named = ENTITIES[character] ?? '';

  const forms = [
    `\\\\*${character.replace(/\W/, '\\$&')}`,
    `\\\\+u${hex.padStart(4, '0')}`,
    `&#(?:0*${code}|x0*${hex});`,
    ...(named === '' ? [] : [`&${named};`]),
    bytes.join(''),
  ];

  return `(?:${forms.join('|')})`;
}
