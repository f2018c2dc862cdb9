import type { Connection } from './connection.ts';
import type { ProxyServer } from './proxy.ts';

export type Redact = (text: string) => string;

/**
 * Shorter values, such as the keys of local servers, are no secrets and would match ordinary words.
 */
const SHORTEST_SECRET = 8;

/**
 * Takes secrets out of a text, in whatever form they are repeated: as they are, escaped for JSON,
 * once or more, for a URL or for HTML. The text of a JSON document stays one. Knows those of the
 * headers and the proxy; keys are added as they are seen, and stay known.
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
      // A secret that begins with another must be found as a whole.
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

/** Beyond this a pattern takes too long, and at a few thousand characters it overflows the stack. */
const PATTERN_CHARACTERS = 300;

/**
 * Backslashes before the first character belong to it, or what is left would not be JSON. Of a long
 * token the beginning is looked for, and whatever of a token follows goes with it.
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
