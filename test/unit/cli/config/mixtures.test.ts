import { describe, expect, it } from 'vitest';
import { mixturesIn } from '../../../../src/cli/config/mixtures.ts';

const own = { baseUrl: 'https://a.example/v1', keyCommand: 'print-key' };
const flags = {
  color: true,
  baseUrl: own.baseUrl,
  configuredBy: { baseUrl: 'the profile work', keyCommand: 'the profile work' },
};
const mixtures = (env: NodeJS.ProcessEnv) => mixturesIn({ profile: 'work', own, values: {}, env, flags });

describe('the headers of the environment', () => {
  const OPENAI_CUSTOM_HEADERS = 'X-Gateway-Token: abc';

  it('do not go unnoticed to the server of a profile when they are for another', () => {
    expect(mixtures({ OPENAI_CUSTOM_HEADERS, OPENAI_BASE_URL: 'https://b.example/v1' })).toEqual([
      'the headers of OPENAI_CUSTOM_HEADERS go to a.example of the profile work, not b.example',
    ]);
  });

  it.each([
    ['there are none', {}],
    ['the environment names no server', { OPENAI_CUSTOM_HEADERS }],
    ['it names the same', { OPENAI_CUSTOM_HEADERS, OPENAI_BASE_URL: 'https://a.example/other' }],
  ])('need no word when %s', (_, env) => {
    expect(mixtures(env)).toEqual([]);
  });
});
