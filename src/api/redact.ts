import type { Connection } from './connection.ts';
import type { ProxyServer } from './proxy.ts';

export type Redact = (text: string) => string;

/**
 * Shorter values, such as the keys of local servers, are no secrets and would match ordinary words.
 */
const SHORTEST_SECRET = 8;

/**
 * Takes every secret that we send out of a text, in whatever form it is repeated: as it is, escaped
 * for JSON, once or more, for a URL or for HTML. The text of a JSON document stays one.
 */
export function createRedactor(connection: Connection, proxy?: ProxyServer): Redact {
  const secrets = [...new Set(secretsOf(connection, proxy))]
    .filter(({ length }) => length >= SHORTEST_SECRET)
    // A secret that begins with another must be found as a whole.
    .sort((one, other) => other.length - one.length);

  const patterns = secrets.map((secret) => new RegExp(patternOf(secret), 'gi'));

  return (text) => patterns.reduce((clean, pattern) => clean.replace(pattern, '[secret]'), text);
}

function secretsOf({ apiKey, headers }: Connection, proxy: ProxyServer | undefined): readonly string[] {
  const values = Object.entries(headers)
    .filter(([name]) => /auth|key|token|secret|cookie/i.test(name))
    .map(([, value]) => value);
  if (proxy?.authorization) values.push(proxy.authorization);

  return [apiKey, ...values.flatMap((value) => [value, ...value.split(/\s+/)]), passwordOf(proxy)];
}

function passwordOf(proxy: ProxyServer | undefined): string {
  const [, token = ''] = proxy?.authorization?.split(' ') ?? [];
  const user = Buffer.from(token, 'base64').toString();
  return user.slice(user.indexOf(':') + 1);
}

/** Backslashes before the first character belong to it, or what is left would not be JSON. */
function patternOf(secret: string): string {
  return `(?<!\\\\)${[...secret].map(formsOf).join('')}`;
}

const ENTITIES: Readonly<Record<string, string>> = {
  '&': 'amp',
  '<': 'lt',
  '>': 'gt',
  '"': 'quot',
  "'": 'apos',
};

/** All the ways to write one character. */
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
