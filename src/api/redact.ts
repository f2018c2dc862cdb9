import { secretsIn } from '../model/base-url.ts';
import type { Connection } from './connection.ts';
import type { ProxyServer } from './proxy.ts';

export type Redact = (text: string) => string;

/**
 * Shorter values, such as the keys of local servers, are not secret and would match ordinary words.
 */
const SHORTEST_SECRET = 8;

/**
 * Removes secrets from a text in any form: plain, or escaped for JSON (once or more), for a URL or
 * for HTML, or as base64 or hex. A JSON document stays valid JSON. The secrets of the headers, the
 * base URL and the proxy are known from the start. Keys are added as they are seen, and stay known.
 */
export function createRedactor(
  { headers, baseUrl = '' }: Pick<Connection, 'headers'> & Partial<Pick<Connection, 'baseUrl'>>,
  proxy?: ProxyServer,
): { readonly redact: Redact; readonly add: (secret: string) => void } {
  let removers: readonly (readonly [secret: string, remove: Redact])[] = [];

  const add = (secret: string) => {
    if (secret.length < SHORTEST_SECRET || removers.some(([known]) => known === secret)) return;
    // A secret that begins with another one must be matched as a whole, so the longest comes first.
    removers = [...removers, [secret, createRemover(secret)] as const].sort(
      ([one], [other]) => other.length - one.length,
    );
  };

  for (const secret of [...secretsOf(headers, proxy), ...secretsIn(baseUrl)]) add(secret);

  return {
    add,
    redact: (text) => removers.reduce((clean, [, remove]) => remove(clean), text),
  };
}

/**
 * Removes one secret. Compiling its pattern takes 5 % of a short run, so a text that has no escapes
 * and none of the forms in plain is not matched.
 */
function createRemover(secret: string): Redact {
  const forms = [secret, ...encodingsOf(secret)];
  const heads = forms.map((form) => comparable(form.slice(0, SHORTEST_SECRET)));
  let pattern: RegExp | undefined;

  return (text) => {
    if (text.length < SHORTEST_SECRET) return text;
    const plain = comparable(text);
    if (!/[\\%&]/.test(text) && !heads.some((head) => plain.includes(head))) return text;

    pattern ??= new RegExp(`(?<!\\\\)(?:${forms.map(patternOf).join('|')})`, 'gi');
    return text.replace(pattern, '[secret]');
  };
}

/** Makes equal what the pattern takes for the same, except for escapes. */
function comparable(text: string): string {
  return text.toUpperCase().replaceAll('+', '-').replaceAll('/', '_');
}

function secretsOf(headers: Connection['headers'], proxy: ProxyServer | undefined): readonly string[] {
  const values = Object.entries(headers)
    .filter(([name]) => /auth|key|token|secret|cookie|pass(word|wd|phrase)|credential/i.test(name))
    .map(([, value]) => value);
  if (proxy?.authorization) values.push(proxy.authorization);

  return [...values.flatMap((value) => [value, ...value.split(/\s+/)]), passwordOf(proxy)];
}

function passwordOf(proxy: ProxyServer | undefined): string {
  const [, token = ''] = proxy?.authorization?.split(' ') ?? [];
  const user = Buffer.from(token, 'base64').toString();
  return user.slice(user.indexOf(':') + 1);
}

/**
 * Base64 depends on how many bytes come before the secret, so there are three forms of it. The
 * characters that also encode a neighbour are left out.
 */
function encodingsOf(secret: string): readonly string[] {
  const bytes = Buffer.from(secret);
  const encoded = [0, 1, 2].map((before) => {
    const whole = Buffer.concat([Buffer.alloc(before), bytes]);
    const end = Math.floor((whole.length * 4) / 3);
    return whole.toString('base64').slice(Math.ceil((before * 4) / 3), end);
  });
  return [bytes.toString('hex'), ...encoded];
}

/** A longer pattern takes too long, and one of a few thousand characters overflows the stack. */
const PATTERN_CHARACTERS = 300;

/** Keys and tokens are recognized by their beginning, because a server may cut what it repeats. */
const HEAD_CHARACTERS = 16;

const TOKEN = '[\\w.~+/=-]';

/** The rest of a token, escaped or not. */
const REST = `(?:${TOKEN}|\\\\+(?:/|u[\\da-f]{4})|%(?:25)*[\\da-f]{2}|&\\w+;|&#\\w+;)*`;

/**
 * Matches backslashes before the first character too, or the rest would not be valid JSON. A token
 * or a long secret is matched by its beginning, along with any token characters that follow.
 */
function patternOf(secret: string): string {
  const characters = [...secret];
  const isToken = new RegExp(`^${TOKEN}*$`).test(secret);
  const length = isToken ? HEAD_CHARACTERS : PATTERN_CHARACTERS;
  const rest = characters.length > length ? REST : '';

  return `${characters.slice(0, length).map(formsOf).join('')}${rest}`;
}

/** Ways to write single characters: in HTML, and in the base64 of URLs (RFC 4648, section 5). */
const OTHER_FORMS: Readonly<Record<string, string>> = {
  '&': '&amp;',
  '<': '&lt;',
  '>': '&gt;',
  '"': '&quot;',
  "'": '&apos;',
  '+': '-',
  '/': '_',
};

/** Matches every way to write one character. */
function formsOf(character: string): string {
  const code = character.codePointAt(0) ?? 0;
  const hex = code.toString(16);
  const units = character.split('').map((unit) => `\\\\+u${hexOf(unit.charCodeAt(0), 4)}`);
  const bytes = [...Buffer.from(character)].map((byte) => `%(?:25)*${hexOf(byte, 2)}`);
  const other = OTHER_FORMS[character];

  const forms = [
    `\\\\*${character.replace(/\W/, '\\$&')}`,
    units.join(''),
    `&#(?:0*${code}|x0*${hex});`,
    bytes.join(''),
    ...(other === undefined ? [] : [other]),
  ];

  return `(?:${forms.join('|')})`;
}

function hexOf(value: number, digits: number): string {
  return value.toString(16).padStart(digits, '0');
}
