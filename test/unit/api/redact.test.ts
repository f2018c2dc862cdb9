import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import type { Connection } from '../../../src/api/connection.ts';
import type { ProxyServer } from '../../../src/api/proxy.ts';
import { createRedactor } from '../../../src/api/redact.ts';

const KEY = 'sk-proj-a/b+c=d&e"f\\g_h';
const connection: Connection = {
  baseUrl: 'https://api.example/v1',
  organization: null,
  project: null,
  auth: 'bearer',
  headers: { 'X-Team': 'blue-whales', 'X-Auth-Token': 'Token tok-12345678', 'X-Password': 'open-sesame' },
};
const redactor = (key: string, proxy?: ProxyServer) => {
  const { redact, add } = createRedactor(connection, proxy);
  add(key);
  return redact;
};
const redact = redactor(KEY);

const unicode = (text: string) =>
  [...text].map((character) => `\\u${character.charCodeAt(0).toString(16).padStart(4, '0')}`).join('');
const entities = (text: string) => [...text].map((character) => `&#${character.charCodeAt(0)};`).join('');

describe('a secret', () => {
  it.each([
    ['as it is', KEY],
    ['in capitals', KEY.toUpperCase()],
    ['in JSON', JSON.stringify(KEY).slice(1, -1)],
    ['in JSON with \\/', JSON.stringify(KEY).slice(1, -1).replaceAll('/', '\\/')],
    ['in JSON with \\u002B', JSON.stringify(KEY).slice(1, -1).replace('+', '\\u002B')],
    ['in JSON as code units', unicode(KEY)],
    ['in JSON in JSON', JSON.stringify(JSON.stringify(KEY).slice(1, -1)).slice(1, -1)],
    ['in JSON in JSON as code units', JSON.stringify(unicode(KEY)).slice(1, -1)],
    ['in a URL', encodeURIComponent(KEY)],
    ['in a URL in a URL', encodeURIComponent(encodeURIComponent(KEY))],
    ['in HTML', KEY.replace('&', '&amp;').replace('"', '&quot;')],
    ['in HTML as numbers', entities(KEY)],
    ['in HTML as numbers without an end', entities(KEY).replaceAll(';', '')],
    ['in HTML in HTML', entities(KEY).replaceAll('&', '&amp;')],
    ['in HTML with names', KEY.replaceAll('/', '&sol;').replace('+', '&plus;').replace('=', '&equals;')],
    ['in the escapes of old scripts', unicode(KEY).replaceAll('\\', '%')],
    ['in the escapes of programs', unicode(KEY).replaceAll('\\u00', '\\x')],
    ['on two lines', KEY.replace('b', 'b\n')],
    ['on two lines of JSON', JSON.stringify(KEY.replace('b', 'b\n')).slice(1, -1)],
    ['with a place to break it', [...KEY].join('<wbr>')],
    ['with characters that cannot be seen', [...KEY].join('\u200b')],
    ['without its beginning', KEY.slice(4)],
    ['without its beginning and its end', KEY.slice(4, -4)],
    ['of a header', 'tok-12345678'],
    ['of a header with a password', 'open-sesame'],
    ['of a header as a whole', 'Token tok-12345678'],
  ])('%s is taken out', (_, text) => {
    expect(redact(`before ${text} after`)).toBe('before [secret] after');
  });

  it.each([
    ['angle brackets', (text: string) => `<${text}>`],
    ['a tag', (text: string) => `<a href="https://example/?key=${text}">`],
    ['what looks like a tag', (text: string) => `1 < 2, ${text} and 2 > 1`],
    ['a tag of JSON', (text: string) => JSON.stringify({ error: `no key <Bearer ${text}>` })],
    ['what looks like a name of HTML', (text: string) => `a=1&${text};`],
  ])('is taken out of %s', (_, within) => {
    for (const key of ['sk-proj-12345678abcd', 'sk_12345678abcd', '12345678<wbr>abcd'])
      expect(redactor(key)(within(key))).toBe(within('[secret]'));
    expect(redact(within(unicode(KEY)))).toBe(within('[secret]'));
  });

  it('of a proxy is taken out, with or without its user', () => {
    const authorization = `Basic ${Buffer.from('ann:pass-word').toString('base64')}`;
    const proxy = { url: new URL('http://proxy'), variable: 'HTTPS_PROXY', authorization };
    const clean = redactor(KEY, proxy);
    expect(clean(`${authorization} pass-word ann`)).toBe('[secret] [secret] ann');
  });

  it.each([
    ['alone', ''],
    ['after one byte', ':'],
    ['in the header', 'Bearer '],
    ['after two bytes', '::'],
  ])('in base64 %s, in either alphabet, or in hex, is taken out', (_, before) => {
    const bytes = Buffer.from(`${before}${KEY}:`);
    for (const encoding of ['base64', 'base64url', 'hex'] as const) {
      const text = encodeURIComponent(redact(`(${bytes.toString(encoding)})`));
      expect(text).toMatch(/^\(\w*%5Bsecret%5D\w{0,3}(%3D)*\)$/);
    }
  });

  it('that was cut is taken out, with whatever is left of it', () => {
    const token = `sk-proj-${'aB3_dE-gH1'.repeat(16)}`;
    const clean = redactor(token);
    for (const text of [token.slice(0, 20), token.slice(0, -1), unicode(token).slice(0, 150)])
      expect(clean(`{"said":"${text}"}`)).toBe('{"said":"[secret]"}');
  });

  it('that was cut into pieces is taken out, but no common word', () => {
    const token = `sk-proj-${'aB3_dE-gH1'.repeat(16)}`;
    const clean = redactor(token);
    expect(clean(`${token.slice(8, 30)}, ${token.slice(70)}, sk-proj-****gH1`)).toBe(
      '[secret], [secret], sk-proj-****gH1',
    );
  });

  it('in another alphabet is taken out, as it is and in a URL', () => {
    const clean = redactor('пароль-für-alle');
    const texts = ['пароль-für-alle', encodeURIComponent('пароль-für-alle'), unicode('пароль-für-alle')];
    expect(texts.map(clean)).toEqual(['[secret]', '[secret]', '[secret]']);
  });

  it('that is short, or of a header that is none, stays', () => {
    expect(redactor('test')('a test of blue-whales')).toBe('a test of blue-whales');
  });

  it('of any length is taken out, and so is the one before it', () => {
    const { redact: clean, add } = createRedactor(connection);
    const tokens = ['a', 'b'].map((letter) => `eyJ${letter.repeat(60_000)}`);
    for (const token of tokens) add(token);

    expect(clean(JSON.stringify({ said: tokens }))).toBe('{"said":["[secret]","[secret]"]}');
  });

  it('leaves JSON as JSON, and none of it in what is read', () => {
    const piece = fc.constantFrom(KEY, '\\', '"', '/', 'n', 'u0073', 'x', unicode(KEY));
    fc.assert(
      fc.property(fc.array(piece), fc.nat(2), (pieces, times) => {
        let value = pieces.join('');
        for (let n = 0; n < times; n += 1) value = JSON.stringify({ value });
        const read = JSON.parse(redact(JSON.stringify({ value })));
        expect(read.value).not.toContain(KEY);
      }),
    );
  });

  it('is looked for in a moment', () => {
    for (const unit of ['\\', 'sk-proj-', 's', '%25', '&#0', '&amp;', '<s', '%e2', KEY.slice(0, -1)]) {
      const text = unit.repeat((1024 * 1024) / unit.length);
      // What grows with the square of the length takes longer than a test may.
      expect(redact(text)).not.toContain(KEY);
    }
  });
});
