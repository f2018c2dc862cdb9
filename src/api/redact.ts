import { secretsIn } from '../model/base-url.ts';
import type { Connection } from './connection.ts';
import { fold, hasEscapes, read, readings, type Token, withoutNoise } from './plain-text.ts';
import type { ProxyServer } from './proxy.ts';

export type Redact = (text: string) => string;

/**
 * Shorter values, such as the keys of local servers, are not secret and would match ordinary words.
 */
const SHORTEST_SECRET = 8;

/** So much of a secret is removed wherever it is, because a server may cut or break what it repeats. */
const PIECE = 12;

/**
 * Removes secrets from a text in any form: plain, or escaped for JSON (once or more), for a URL or
 * for HTML, or as base64 or hex. So are pieces of them, and a secret that white space or tags break
 * up. A JSON document stays valid JSON. The secrets of the headers, the base URL and the proxy are
 * known from the start. Keys are added as they are seen, and stay known.
 */
export function createRedactor(
  { headers, baseUrl = '' }: Pick<Connection, 'headers'> & Partial<Pick<Connection, 'baseUrl'>>,
  proxy?: ProxyServer,
): { readonly redact: Redact; readonly add: (secret: string) => void } {
  const known = new Set<string>();
  const pieces: Pieces = { byLength: new Map(), blocks: new Set() };

  const add = (secret: string) => {
    if (secret.length < SHORTEST_SECRET || known.has(secret)) return;
    known.add(secret);
    // A text may have it as it is, whatever it looks like.
    for (const form of [secret, ...encodingsOf(secret)]) addTo(pieces, fold(withoutNoise(form)));
    if (hasEscapes(secret)) for (const reading of readings()) addTo(pieces, read(secret, reading).plain);
  };

  for (const secret of [...secretsOf(headers, proxy), ...secretsIn(baseUrl)]) add(secret);

  return {
    add,
    redact(text) {
      // Most texts have no escapes and no secret, and are not worth a closer look.
      if (!hasEscapes(text) && rangesOf(pieces, fold(withoutNoise(text))).length === 0) return text;

      return readings().reduce((left, reading) => {
        const { plain, tokens } = read(left, reading);
        return removeRanges(left, rangesOf(pieces, plain), tokens);
      }, text);
    },
  };
}

/** What secrets are recognized by. */
interface Pieces {
  /** All pieces of a length: of `PIECE`, or the whole of a shorter secret. */
  readonly byLength: Map<number, Set<string>>;
  /** Numbers of all blocks in them: `BLOCK` characters each. */
  readonly blocks: Set<number>;
}

/** A piece, wherever it begins, has one of the blocks that begin at multiples of this. */
const BLOCK = 4;

function addTo({ byLength, blocks }: Pieces, form: string): void {
  const length = Math.min(PIECE, form.length);
  if (length < 2 * BLOCK - 1) return;

  const ofLength = byLength.get(length) ?? new Set();
  byLength.set(length, ofLength);
  for (let at = 0; at + length <= form.length; at += 1) ofLength.add(form.slice(at, at + length));
  for (let at = 0; at + BLOCK <= form.length; at += 1) blocks.add(numberOf(form, at));
}

/** The same for the same block, and rarely for another one. A string for each would be slow. */
function numberOf(text: string, at: number): number {
  let number = 0;
  for (let end = at + BLOCK; at < end; at += 1) number = ((number * 64) ^ text.charCodeAt(at)) | 0;
  return number;
}

type Range = [start: number, end: number];

/** Finds the pieces in a text that was read. Ranges that overlap become one. */
function rangesOf({ byLength, blocks }: Pieces, plain: string): readonly Range[] {
  const ranges: Range[] = [];

  for (let block = 0; block < plain.length; block += BLOCK) {
    if (!blocks.has(numberOf(plain, block))) continue;

    // Those with an earlier block were found there.
    for (let start = Math.max(0, block - BLOCK + 1); start <= block; start += 1) {
      for (const [length, ofLength] of byLength) {
        if (!ofLength.has(plain.slice(start, start + length))) continue;
        const last = ranges.at(-1);
        if (last === undefined || start >= last[1]) ranges.push([start, start + length]);
        else last[1] = Math.max(last[1], start + length);
      }
    }
  }

  return ranges;
}

function removeRanges(text: string, ranges: readonly Range[], tokens: readonly Token[]): string {
  let [clean, end, next] = ['', 0, 0];

  const placeOf = (at: number) => {
    while ((tokens[next]?.at ?? Number.POSITIVE_INFINITY) <= at) next += 1;
    const token = tokens[next - 1] ?? { at: 0, size: 0, from: 0, to: 0 };
    if (at < token.at + token.size) return token;
    const from = token.to + at - token.at - token.size;
    return { from, to: from + 1 };
  };

  for (const [start, stop] of ranges) {
    let { from } = placeOf(start);
    // A backslash that is left alone would spoil JSON.
    while (from > end && text[from - 1] === '\\') from -= 1;
    clean += `${text.slice(end, from)}[secret]`;
    end = placeOf(stop - 1).to;
  }

  return clean + text.slice(end);
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
