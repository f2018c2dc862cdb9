import { readFile, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { describe, expect, it } from 'vitest';
import type { CONFIG_KEYS } from '../../../../src/cli/config/config-keys.ts';
import { runMain } from '../../../helpers/run-main.ts';
import { temporaryFolder } from '../../../helpers/temporary.ts';

async function setUp(stored?: string) {
  const directory = await temporaryFolder();
  const path = join(directory, 'config.json');
  if (stored !== undefined) await writeFile(path, stored);
  const env = { OPENAI_UPLOAD_CONFIG_DIR: directory };
  const run = (words: readonly string[], more: NodeJS.ProcessEnv = {}) =>
    runMain(['config', ...words], { env: { ...env, ...more } });
  return { directory, path, env, run, onDisk: async () => JSON.parse(await readFile(path, 'utf8')) };
}

const done = { code: 0, stdout: '', stderr: '' };

/** A value of every key as a user may write it. */
const VALUES: Readonly<Record<keyof typeof CONFIG_KEYS, readonly string[]>> = {
  baseUrl: ['https://eu.api.openai.com/v1', 'http://localhost:8080/v1', 'http://proxy.corp/v1?api-version=1'],
  organization: ['org-1'],
  project: ['proj_1'],
  auth: ['bearer', 'api-key'],
  keyCommand: ['pass show openai | head -n 1'],
  mtlsClientCertFile: ['/etc/openai/client.pem'],
  mtlsClientKeyFile: ['/etc/openai/client.key'],
  stateDir: ['/var/lib/uploads'],
  partSize: ['64MB', '8 MiB', '5000000'],
  concurrency: ['1', '64', '08', 'auto'],
  limitRate: ['10MB', '512KiB/s', '1000'],
  maxRequests: ['10/s', '600/min'],
  retries: ['0', '100'],
  stallTimeout: ['1s', '1h', '1500ms'],
  waitLock: ['0s', '10m', '1d'],
  keep: ['1d', '90d'],
  progress: ['auto', 'bar', 'plain', 'json', 'none'],
  progressInterval: ['500ms'],
  color: ['auto', 'never'],
};

describe('config set', () => {
  it.each(Object.entries(VALUES))(
    'keeps a %s, and config get gives it back as it was set',
    async (key, values) => {
      const { run } = await setUp();
      for (const value of values) {
        expect(await run(['set', key, value])).toEqual(done);
        expect(await run(['get', key])).toEqual({ ...done, stdout: `${value}\n` });
      }
    },
  );

  it.each([
    ['baseUrl', 'ftp://host', /not an http or https address/],
    ['baseUrl', 'https://ann:secret@host/v1', /user name or password/],
    ['baseUrl', 'https://host\n/v1', /control character/],
    ['organization', ' ', /must not be empty; unset it/],
    ['auth', 'basic', /Allowed choices are bearer, api-key/],
    ['stateDir', 'state', /depend on where you are; did you mean .*[\\/]state\?/],
    ['stateDir', '~/state', /depend on where you are/],
    ['partSize', '64mb', /Write a size as 8MB/],
    ['partSize', '65MiB', /It must be 1 byte to 64MiB\./],
    ['partSize', '', /must not be empty; unset it/],
    ['concurrency', '0', /It must be auto, or 1 to 64\./],
    ['concurrency', 'two', /Write a whole number/],
    ['limitRate', '999', /at least 1KB/],
    ['maxRequests', '10', /10\/s or 600\/min/],
    ['retries', '101', /It must be 0 to 100\./],
    ['stallTimeout', '999ms', /It must be 1s to 1h\./],
    ['stallTimeout', '30', /Write a duration as/],
    ['waitLock', '25h', /at most 1d/],
    ['keep', '23h', /It must be 1d to 3650d\./],
    ['progress', 'loud', /Allowed choices are auto, bar, plain, json, none/],
    ['progressInterval', 'often', /Write a duration as/],
    ['color', 'always', /Allowed choices are auto, never/],
  ])('refuses, as the flag does, a %s of %j', async (key, value, why) => {
    const { run } = await setUp('{}');
    const { code, stdout, stderr } = await run(['set', key, value]);
    expect([code, stdout]).toEqual([2, '']);
    expect(stderr).toMatch(why);
    expect(stderr).not.toContain('secret');
    expect(await run(['list'])).toEqual(done);
  });

  it.each([
    'apiKey',
    'api-key',
    'OPENAI_API_KEY',
    'token',
    'authToken',
    'secret',
    'password',
    'Authorization',
  ])('explains why %s is never kept, and does not repeat it', async (key) => {
    const { run } = await setUp();
    for (const words of [
      ['set', key, 'sk-proj-1234567890abcdefgh'],
      ['get', key],
      ['unset', key],
    ]) {
      const { code, stdout, stderr } = await run(words);
      expect([code, stdout]).toEqual([2, '']);
      expect(stderr).toContain('set OPENAI_API_KEY in the environment instead');
      expect(stderr).not.toContain('1234567890');
    }
  });

  it('does not keep a key under another name either', async () => {
    const { run } = await setUp('{}');
    const { code, stderr } = await run(['set', 'organization', 'sk-proj-1234567890abcdefgh']);
    expect(code).toBe(2);
    expect(stderr).toContain('looks like an API key');
    expect(stderr).not.toContain('1234567890');
    expect(await run(['list'])).toEqual(done);
  });

  it.each([
    ['concurency', 'Did you mean concurrency?'],
    ['part-size', 'Did you mean partSize?'],
    ['PARTSIZE', 'Did you mean partSize?'],
    ['model', 'There are baseUrl, organization'],
    ['__proto__', 'There are baseUrl, organization'],
    ['constructor', 'There are baseUrl, organization'],
  ])('knows no %s, and says what there is', async (key, hint) => {
    const { run } = await setUp();
    for (const words of [
      ['set', key, '1'],
      ['get', key],
      ['unset', key],
    ]) {
      const { code, stdout, stderr } = await run(words);
      expect([code, stdout]).toEqual([2, '']);
      expect(stderr).toContain(hint);
    }
  });

  it('says so when the environment wins all the same', async () => {
    const { run } = await setUp();
    const { code, stderr } = await run(['set', 'project', 'proj_1'], { OPENAI_PROJECT_ID: 'proj_2' });
    expect([code, stderr]).toEqual([0, 'project: OPENAI_PROJECT_ID is set in the environment and wins\n']);
    expect((await run(['set', 'project', 'proj_1', '-q'], { OPENAI_PROJECT_ID: 'proj_2' })).stderr).toBe('');
    expect((await run(['set', 'project', 'proj_1'], { OPENAI_PROJECT_ID: '' })).stderr).toBe('');
  });
});

describe('config get, unset and path', () => {
  it('print nothing for a key that is not set, and say so to people', async () => {
    const { run } = await setUp();
    expect(await run(['get', 'retries'])).toEqual({ ...done, stderr: 'retries is not set\n' });
    expect(await run(['get', 'retries', '--quiet'])).toEqual(done);
  });

  it('forget a key, also one that was not set', async () => {
    const { run, onDisk } = await setUp('{"retries":"3","concurrency":"2"}');
    expect(await run(['unset', 'retries'])).toEqual(done);
    expect(await run(['unset', 'retries'])).toEqual(done);
    expect(await onDisk()).toEqual({ concurrency: '2' });
  });

  it('print where the configuration is, whether it is there or not', async () => {
    const { run, path } = await setUp();
    expect(await run(['path'])).toEqual({ ...done, stdout: `${path}\n` });
  });

  it('print an object with --json, wherever the flag stands', async () => {
    const { run, path } = await setUp();
    const object = async (...words: readonly string[]) => JSON.parse((await run(words)).stdout);
    expect(await object('--json', 'set', 'retries', '3')).toEqual({ v: 1, key: 'retries', value: '3' });
    expect(await object('get', '--json', 'retries')).toEqual({ v: 1, key: 'retries', value: '3' });
    expect(await object('unset', 'retries', '--json')).toEqual({ v: 1, key: 'retries', value: null });
    expect(await object('get', 'retries', '--json')).toEqual({ v: 1, key: 'retries', value: null });
    expect(await object('path', '--json')).toEqual({ v: 1, path });
  });
});

describe('config list', () => {
  const stored = '{"partSize":"64MB","retries":3,"project":"proj_1"}';

  it('prints a line for each key: the key, a tab and its value', async () => {
    const { run } = await setUp(stored);
    expect(await run(['list'])).toEqual({ ...done, stdout: 'partSize\t64MB\nretries\t3\nproject\tproj_1\n' });
  });

  it('says which of them the environment overrides', async () => {
    const { run, path } = await setUp(stored);
    const more = { OPENAI_PROJECT_ID: 'proj_2', OPENAI_ORG_ID: 'org-1' };
    expect((await run(['list'], more)).stderr).toBe(
      'project: OPENAI_PROJECT_ID is set in the environment and wins\n',
    );
    expect(JSON.parse((await run(['list', '--json'], more)).stdout)).toEqual({
      v: 1,
      path,
      values: { partSize: '64MB', retries: '3', project: 'proj_1' },
      overridden_by: { project: 'OPENAI_PROJECT_ID' },
      profile: null,
      profiles: [],
    });
  });

  it('shows what is good and tells what is not, none of which it repeats', async () => {
    const { run, path, onDisk } = await setUp(
      '{"concurency":3,"apiKey":"sk-secret","organization":["sk-secret"],"stallTimeout":"30","retries":3}',
    );
    const { code, stdout, stderr } = await run(['list']);
    expect([code, stdout]).toEqual([2, 'retries\t3\n']);
    for (const key of ['concurency', 'apiKey', 'organization', 'stallTimeout']) {
      expect(stderr.replaceAll(path, 'PATH')).toMatch(new RegExp(`PATH: .*${key}`));
      expect(stderr).toContain(`To remove it: openai-upload config unset ${key}\n`);
      expect((await run(['unset', key])).code).toBe(0);
    }
    expect(stderr).not.toContain('sk-secret');
    expect(await onDisk()).toEqual({ retries: 3 });
    expect((await run(['list'])).code).toBe(0);
  });

  it.each(['list', 'get retries', 'set retries 3', 'unset retries'])(
    'and all but path end with 10 when the file is no JSON: %s',
    async (line) => {
      const { run, path } = await setUp('{"apiKey": "sk-secret');
      const { code, stdout, stderr } = await run(line.split(' '));
      expect([code, stdout]).toEqual([10, '']);
      expect(stderr).toContain(`the configuration ${path} cannot be used: it is not valid JSON`);
      expect(stderr).not.toContain('sk-secret');
      expect((await run(['path'])).stdout).toBe(`${path}\n`);
    },
  );

  it('escapes what could steer a terminal', async () => {
    const { run } = await setUp('{"project":"a\\u001b[31m","\\u001b[2J":1}');
    const { code, stdout, stderr } = await run(['list']);
    expect(code).toBe(2);
    expect(stdout + stderr).not.toContain('\u001b');
  });
});

describe('a wrong call of config', () => {
  it.each([
    ['', /Usage: openai-upload config/],
    ['lsit', /Did you mean list\?/],
    ['get', /missing required argument 'key'/],
    ['set retries', /missing required argument 'value'/],
    ['set retries 1 2', /too many arguments/],
    ['list --purpose x', /unknown option '--purpose'/],
  ])('ends with 2 and says what is wrong: %s', async (line, message) => {
    const { run } = await setUp();
    const { code, stdout, stderr } = await run(line.split(' ').filter(Boolean));
    expect([code, stdout]).toEqual([2, '']);
    expect(stderr).toMatch(message);
  });

  it('is none when a script gives it the flags that every command takes', async () => {
    const { run } = await setUp();
    const flags = '--base-url https://h/v1 --organization o --project p --state-dir /s -v --no-color'.split(
      ' ',
    );
    expect(await run(['set', 'retries', '3', ...flags])).toEqual(done);
  });
});
