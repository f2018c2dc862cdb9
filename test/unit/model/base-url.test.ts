import { expect, it } from 'vitest';
import { differingFields } from '../../../src/model/account.ts';
import { mayHoldSecret, savedUrl, secretsIn, shownUrl } from '../../../src/model/base-url.ts';

it.each([
  ['https://api.openai.com/v1', 'https://api.openai.com/v1'],
  [
    'https://a.openai.azure.com/openai?api-version=2025-03-01',
    'https://a.openai.azure.com/openai?api-version=2025-03-01',
  ],
  ['https://gate/v1?key=hush', 'https://gate/v1?key=[secret]'],
  ['https://gate/v1?hush', 'https://gate/v1?[secret]'],
  ['https://gate/v1?a=1=2?3&&api-version=4&b', 'https://gate/v1?a=[secret]&api-version=4&[secret]'],
  ['https://me:hu@sh@gate/v1#hush', 'https://[secret]@gate/v1'],
  ['me:hush@gate/v1?hush', '[secret]@gate/v1?[secret]'],
  ['https://gate/a@b', 'https://gate/a@b'],
])('shows %s without what may be secret', (url, shown) => {
  expect(shownUrl(url)).toBe(shown);
  expect(mayHoldSecret(url)).toBe(url !== shown);
});

it('saves a text for each secret, by which a base URL is known again', () => {
  const account = (baseUrl: string) => ({ baseUrl, organization: null, project: null });
  const [one, other] = ['https://gate/v1?key=one', 'https://gate/v1?key=other'];
  expect(savedUrl(one)).toBe('https://gate/v1?key=sha256:7692c3ad3540bb80');
  expect(savedUrl(savedUrl(one))).toBe(savedUrl(one));
  expect(shownUrl(savedUrl(one))).toBe('https://gate/v1?key=[secret]');
  expect(differingFields(account(savedUrl(one)), account(one))).toEqual([]);
  expect(differingFields(account(savedUrl(one)), account(other))).toEqual(['baseUrl']);
});

it('knows which values are secrets wherever they appear', () => {
  expect(secretsIn('https://gate/v1?api_key=a%2Bb&tenant=purpose')).toEqual(['a%2Bb', 'a+b']);
});
