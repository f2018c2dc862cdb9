import { describe, expect, it } from 'vitest';
import { proxyFor, routeTo } from '../../../src/api/proxy.ts';

const HTTPS = new URL('https://api.example');
const HTTP = new URL('http://api.example');
const A = 'http://a:1';
const B = 'http://b:2';

const used = (target: URL, env: Record<string, string>) => proxyFor(target, env)?.url.origin;

describe('the proxy', () => {
  it.each([
    [HTTPS, {}, undefined],
    [HTTPS, { HTTPS_PROXY: A }, A],
    [HTTPS, { https_proxy: A, HTTPS_PROXY: B }, A],
    [HTTPS, { https_proxy: '', HTTPS_PROXY: B }, B],
    [HTTPS, { HTTP_PROXY: A, http_proxy: A }, undefined],
    [HTTPS, { ALL_PROXY: A }, A],
    [HTTPS, { all_proxy: A, ALL_PROXY: B }, A],
    [HTTPS, { HTTPS_PROXY: A, all_proxy: B }, A],
    [HTTP, { http_proxy: A }, A],
    [HTTP, { HTTP_PROXY: A }, A],
    [HTTP, { http_proxy: A, HTTP_PROXY: B }, A],
    [HTTP, { HTTP_PROXY: A, REQUEST_METHOD: 'GET' }, undefined],
    [HTTP, { HTTPS_PROXY: A }, undefined],
    [HTTP, { ALL_PROXY: A }, A],
  ])('of %s with %j is %s', (target, env, expected) => {
    expect(used(target, env as Record<string, string>)).toBe(expected);
  });

  it.each([
    [HTTPS, { HTTPS_PROXY: A }, A, 'HTTPS_PROXY'],
    [HTTPS, { https_proxy: A }, A, 'https_proxy'],
    [HTTPS, { Https_Proxy: A }, A, 'Https_Proxy'],
    [HTTPS, { HTTPS_PROXY: '', All_Proxy: B }, B, 'All_Proxy'],
    [HTTP, { HTTP_PROXY: A }, A, 'HTTP_PROXY'],
    [HTTP, { http_proxy: A, REQUEST_METHOD: 'GET' }, undefined, undefined],
    [HTTP, { http_proxy: A, all_proxy: B, REQUEST_METHOD: 'GET' }, B, 'all_proxy'],
  ])('on Windows, of %s with %j is %s, by the name %s', (target, env, expected, name) => {
    const proxy = proxyFor(target, env as Record<string, string>, 'win32');

    expect([proxy?.url.origin, proxy?.variable]).toEqual([expected, name]);
  });

  it.each([
    ['proxy.corp:3128', 'http://proxy.corp:3128'],
    ['proxy.corp', 'http://proxy.corp'],
    ['HTTP://proxy.corp:3128', 'http://proxy.corp:3128'],
    ['https://proxy.corp:3128', 'https://proxy.corp:3128'],
    ['http://proxy.corp:3128/', 'http://proxy.corp:3128'],
    ['http://[::1]:3128', 'http://[::1]:3128'],
    ['ann:pass@proxy.corp:3128', 'http://proxy.corp:3128'],
  ])('%s is %s', (value, expected) => {
    expect(used(HTTPS, { HTTPS_PROXY: value })).toBe(expected);
  });

  it.each([
    ['ann:p%40ss', 'ann:p@ss'],
    ['ann:100%ü%zz', 'ann:100%ü%zz'],
    ['ann', 'ann:'],
    [':pass', ':pass'],
  ])('is told the user %s', (user, told) => {
    const authorization = `Basic ${Buffer.from(told).toString('base64')}`;
    expect(proxyFor(HTTPS, { HTTPS_PROXY: `http://${user}@proxy.corp` })).toMatchObject({ authorization });
  });

  it.each([
    'not a url',
    'ftp://host',
    'http://',
    'http://a:pass-word@host:99999',
    'http://proxy.corp:3128/proxy.pac',
    'http://proxy.corp:3128?x=y',
    'http://ann:pa/pass-word@proxy.corp:3128',
  ])('that cannot be one is a wrong setting, and is not repeated: %s', (value) => {
    const read = () => proxyFor(HTTPS, { HTTPS_PROXY: value });
    expect(read).toThrow(
      expect.objectContaining({ code: 'usage', message: expect.stringMatching(/^HTTPS_PROXY/) }),
    );
    expect(read).not.toThrow(/pass-word/);
  });

  it('of SOCKS is refused by its name, unless the host is reached without it', () => {
    const env = { ALL_PROXY: 'socks5h://127.0.0.1:1080' };
    expect(() => proxyFor(HTTPS, env)).toThrow(/ALL_PROXY names a SOCKS proxy/);
    expect(proxyFor(HTTPS, { ...env, NO_PROXY: 'api.example' })).toBeUndefined();
  });

  it('is not used on the way to this machine without encryption', () => {
    expect(routeTo('http://localhost:8080/v1', { ALL_PROXY: A }).proxy).toBeUndefined();
    expect(routeTo('http://api.example/v1', { ALL_PROXY: A }).proxy).toBeDefined();
  });
});

describe('NO_PROXY', () => {
  it.each([
    ['https://api.example', '*', true],
    ['https://api.example', 'other, *', true],
    ['https://api.example', 'api.example', true],
    ['https://api.example', 'API.example.', true],
    ['https://api.example', 'example', true],
    ['https://api.example', '.example', true],
    ['https://api.example', '*.example', true],
    ['https://api.example', 'other,example', true],
    ['https://api.example', 'other example', true],
    ['https://api.example', 'https://api.example', true],
    ['https://api.example', 'pi.example', false],
    ['https://api.example', 'v1.api.example', false],
    ['https://api.example', '.', false],
    ['https://api.example', 'api.example:443', true],
    ['https://api.example', 'api.example:8443', false],
    ['https://api.example:8443', 'api.example:8443', true],
    ['https://10.1.2.3', '10.1.2.3', true],
    ['https://10.1.2.3', '10.0.0.0/8', true],
    ['https://10.1.2.3', '10.1.3.0/24', false],
    ['https://10.1.2.3', '2.3', false],
    ['https://10.1.2.3', '10.0.0.0/99', false],
    ['https://10.1.2.3', '127.0.0.1/', false],
    ['https://10.1.2.3', 'fd00::/8', false],
    ['https://10.1.2.3', '0.0.0.0/0', true],
    ['https://[::1]', '::1', true],
    ['https://[::1]', '[::1]', true],
    ['https://[::1]:8443', '[::1]:8443', true],
    ['https://[fd00::5]', 'fd00::/8', true],
    ['https://[fe80::5]', 'fd00::/8', false],
  ])('%s is reached without a proxy by "%s": %s', (target, noProxy, isWithout) => {
    const proxy = proxyFor(new URL(target), { HTTPS_PROXY: A, NO_PROXY: noProxy });
    expect(proxy === undefined).toBe(isWithout);
  });

  it('in lower case wins', () => {
    expect(used(HTTPS, { HTTPS_PROXY: A, NO_PROXY: '*', no_proxy: 'other' })).toBe(A);
  });
});
