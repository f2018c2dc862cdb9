import '../../helpers/clean-environment.ts';
import { describe, expect, it, onTestFinished } from 'vitest';
import type { ConnectionOptions } from '../../../src/options/options.ts';
import { defaultStateDirectory } from '../../../src/sessions/open-store.ts';
import { createDependencies } from '../../../src/upload/dependencies.ts';

function create(options: ConnectionOptions) {
  const deps = createDependencies({ apiKey: 'sk-1', ...options }, {});
  onTestFinished(() => deps.close());
  return deps;
}

describe('what the stories need', () => {
  it('has the API’s own address and the platform’s place for state by default', () => {
    const { connection, sessions } = create({});
    expect(connection).toMatchObject({
      baseUrl: 'https://api.openai.com/v1',
      organization: null,
      project: null,
    });
    expect(sessions.directory).toBe(defaultStateDirectory());
    expect(create({ stateDir: '/state' }).sessions.directory).toBe('/state');
  });

  it.each<[string, ConnectionOptions, string]>([
    ['a bearer', {}, 'bearer'],
    ['Azure’s header for Azure', { baseUrl: 'https://me.openai.azure.com/openai' }, 'api-key'],
    ['what the user says', { baseUrl: 'https://me.openai.azure.com/openai', auth: 'bearer' }, 'bearer'],
  ])('sends the key as %s', (_, options, auth) => {
    expect(create(options).connection).toMatchObject({ auth });
  });

  it('is not put together without a key, or with one that no header can carry', () => {
    expect(() => createDependencies({}, {})).toThrow(expect.objectContaining({ code: 'api_key_missing' }));
    for (const apiKey of ['sk 1', 'sk-1\r\nx: y', 'sk-ä'])
      expect(() => createDependencies({ apiKey }, {})).toThrow(expect.objectContaining({ code: 'usage' }));
  });

  it('is never aborted when the caller gave no signal', () => {
    expect(create({}).signal.aborted).toBe(false);
  });
});
