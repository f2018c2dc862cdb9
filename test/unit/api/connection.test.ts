import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { isAzure, normalizeBaseUrl } from '../../../src/api/connection.ts';

const normalize = (url: string) => normalizeBaseUrl(url, { insecureHttp: false });

describe('a base URL', () => {
  it.each([
    ['https://api.openai.com/v1', 'https://api.openai.com/v1'],
    ['https://api.openai.com/v1/', 'https://api.openai.com/v1'],
    ['https://api.openai.com/v1///', 'https://api.openai.com/v1'],
    ['HTTPS://API.OpenAI.com:443/v1', 'https://api.openai.com/v1'],
    ['https://host', 'https://host'],
    ['https://host/', 'https://host'],
    ['https://host/V1/Case', 'https://host/V1/Case'],
    ['https://host/v1#part', 'https://host/v1'],
    ['https://host/openai?api-version=2024-10-21', 'https://host/openai?api-version=2024-10-21'],
    ['https://host/openai/?api-version=2024-10-21', 'https://host/openai?api-version=2024-10-21'],
    ['https://host?a=b', 'https://host?a=b'],
    ['https://host/v1/?a=b#c', 'https://host/v1?a=b'],
  ])('%s is remembered as %s', (url, expected) => {
    expect(normalize(url)).toBe(expected);
  });

  it.each(['https://host/v1?next=a/', 'https://host/v1?next=/a/?b'])(
    'keeps its query to the letter: %s',
    (url) => {
      expect(normalize(url)).toBe(url);
    },
  );

  it('in its one form stays as it is', () => {
    fc.assert(
      fc.property(fc.webUrl({ validSchemes: ['https'], withFragments: true }), (url) => {
        expect(normalize(normalize(url))).toBe(normalize(url));
      }),
    );
  });

  it.each(['localhost', 'localhost:8080', '127.0.0.1', '127.9.9.9', '127.1', '[::1]:80'])(
    'may be http for this machine: %s',
    (host) => {
      expect(normalize(`http://${host}/v1`)).toMatch(/^http:/);
    },
  );

  it.each([
    'example.com',
    'localhost.example.com',
    'api.localhost',
    'localhost.localhost',
    '127.0.0.1.example.com',
    'mylocalhost',
    '128.0.0.1',
    '0.0.0.0',
    '10.0.0.1',
    '[::2]',
    '[fe80::1]',
  ])('is refused as http for any other host, unless that is wanted: %s', (host) => {
    expect(() => normalize(`http://${host}/v1`)).toThrow(/not encrypted/);
    expect(normalizeBaseUrl(`http://${host}/v1`, { insecureHttp: true })).toMatch(/^http:/);
  });

  it.each(['', 'api.openai.com/v1', 'ftp://host/v1', 'file:///etc', 'https://', 'localhost:8080/v1'])(
    'is refused when it is no http address: %j',
    (url) => {
      expect(() => normalize(url)).toThrow(expect.objectContaining({ code: 'usage' }));
    },
  );

  it.each(['https://sk-secret@host/v1', 'https://user:sk-secret@host/v1'])(
    'with a password is refused, and the password is not repeated: %s',
    (url) => {
      expect(() => normalize(url)).toThrow(expect.objectContaining({ code: 'usage' }));
      expect(() => normalize(url)).not.toThrow(/sk-secret/);
    },
  );

  it('of another kind is refused without repeating the password in it', () => {
    const read = () => normalize('ftp://user:sk-secret@host/v1');
    expect(read).toThrow(expect.objectContaining({ code: 'usage' }));
    expect(read).not.toThrow(/sk-secret/);
  });
});

describe('isAzure', () => {
  it.each([
    ['https://me.openai.azure.com/openai?api-version=1', true],
    ['https://openai.azure.com.example.com', false],
    ['https://notopenai.azure.com', false],
    ['https://api.openai.com/v1', false],
  ])('%s: %s', (url, expected) => {
    expect(isAzure(url)).toBe(expected);
  });
});
