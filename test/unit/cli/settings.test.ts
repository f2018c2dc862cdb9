import { describe, expect, it } from 'vitest';
import { display } from '../../../src/cli/display.ts';
import { type Flags, pushOptions, resumeOptions, transferOptions } from '../../../src/cli/settings.ts';

const flags = (changes: Partial<Flags> = {}): Flags => ({ color: true, ...changes });

describe('the options of a transfer', () => {
  it('come from the flag before the environment', () => {
    const env = {
      OPENAI_API_KEY: 'sk-1',
      OPENAI_BASE_URL: 'https://env/v1',
      OPENAI_ORG_ID: 'org-env',
      OPENAI_PROJECT_ID: 'proj-env',
      OPENAI_UPLOAD_STATE_DIR: '/env',
      OPENAI_CUSTOM_HEADERS: 'X-Team: blue\n\nx-two:2',
    };
    expect(transferOptions(flags(), env)).toEqual({
      apiKey: 'sk-1',
      baseUrl: 'https://env/v1',
      organization: 'org-env',
      project: 'proj-env',
      stateDir: '/env',
      headers: { 'x-team': 'blue', 'x-two': '2' },
    });
    const given = { baseUrl: 'https://flag/v1', organization: 'org', project: 'proj', stateDir: '/flag' };
    expect(transferOptions(flags(given), env)).toMatchObject(given);
  });

  it('take an empty variable for unset', () => {
    const names = ['API_KEY', 'BASE_URL', 'ORG_ID', 'PROJECT_ID', 'UPLOAD_STATE_DIR', 'CUSTOM_HEADERS'];
    const env = Object.fromEntries(names.map((name) => [`OPENAI_${name}`, '']));
    expect(transferOptions(flags(), env)).toEqual({});
  });

  it('leave out what was not said, so that the defaults are stated in one place', () => {
    expect(Object.keys(pushOptions(flags({ purpose: 'batch' }), {}))).toEqual(['purpose']);
    expect(resumeOptions(flags(), {})).toEqual({});
  });

  it('carry each flag in the library’s units', () => {
    const all = flags({
      auth: 'api-key',
      insecureHttp: true,
      stallTimeout: 5000,
      concurrency: 0,
      retries: 0,
      purpose: 'batch',
      filename: 'b.jsonl',
      mimeType: 'text/x',
      expiresAfter: 3_600_000,
      partSize: 8,
      md5: false,
      resume: false,
      reuploadChanged: true,
    });
    const transfer = {
      auth: 'api-key',
      insecureHttp: true,
      stallTimeoutMs: 5000,
      concurrency: 0,
      retries: 0,
    };
    expect(pushOptions(all, {})).toEqual({
      ...transfer,
      purpose: 'batch',
      filename: 'b.jsonl',
      mimeType: 'text/x',
      expiresAfterSeconds: 3600,
      partBytes: 8,
      md5: false,
      resume: false,
    });
    expect(resumeOptions(all, {})).toEqual({ ...transfer, reuploadChanged: true });
  });

  it.each(['sk-secret', ': sk-secret', 'bad name: sk-secret', 'good: 1\nbad\u0000: sk-secret'])(
    'refuse the custom headers %j, and repeat no value, which may be a secret',
    (text) => {
      const read = () => transferOptions(flags(), { OPENAI_CUSTOM_HEADERS: text });
      expect(read).toThrow(expect.objectContaining({ code: 'usage' }));
      expect(read).not.toThrow(/sk-secret/);
    },
  );
});

describe('the display', () => {
  it.each<[string, Partial<Flags>, NodeJS.ProcessEnv, boolean, boolean]>([
    ['on a terminal', {}, {}, true, true],
    ['not elsewhere', {}, {}, false, false],
    ['not when the user wants none', { color: false }, {}, true, false],
    ['not with NO_COLOR', {}, { NO_COLOR: '1' }, true, false],
    ['with an empty NO_COLOR, which is unset', {}, { NO_COLOR: '' }, true, true],
    ['not on a dumb terminal', {}, { TERM: 'dumb' }, true, false],
    ['elsewhere when it is forced', {}, { FORCE_COLOR: '1' }, false, true],
    ['not when forced and unwanted', { color: false }, { FORCE_COLOR: '1' }, true, false],
  ])('has colour %s', (_, changes, env, isTerminal, expected) => {
    expect(display(flags(changes), env, isTerminal).color).toBe(expected);
  });

  it('has no colour with FORCE_COLOR=0, by which Node and chalk mean none', () => {
    expect(display(flags(), { FORCE_COLOR: '0' }, false).color).toBe(false);
  });

  it('shows progress as asked for, and none when quiet', () => {
    expect(display(flags(), {}, true)).toMatchObject({ progress: 'auto', progressIntervalMs: 10_000 });
    expect(display(flags({ progress: 'plain', progressInterval: 5 }), {}, true)).toMatchObject({
      progress: 'plain',
      progressIntervalMs: 5,
    });
    expect(display(flags({ quiet: true, progress: 'bar' }), {}, true)).toMatchObject({
      quiet: true,
      progress: 'none',
    });
  });
});
