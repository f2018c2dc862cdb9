import { writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { describe, expect, it, onTestFinished } from 'vitest';
import { makeFile } from '../../../helpers/make-file.ts';
import { runMain } from '../../../helpers/run-main.ts';
import { temporaryFolder } from '../../../helpers/temporary.ts';
import { startUploadsServer } from '../../../helpers/uploads-server/start-uploads-server.ts';

async function setUp(config: Readonly<Record<string, unknown>> | string) {
  const server = await startUploadsServer({ profile: 'strict' });
  onTestFinished(() => server.close());
  const folder = await temporaryFolder();
  const file = join(folder, 'a.bin');
  await makeFile(file, 1000);
  const path = join(folder, 'config.json');
  await writeFile(path, typeof config === 'string' ? config : JSON.stringify(config));
  const stateDir = join(folder, 'state');
  const env = {
    OPENAI_API_KEY: server.apiKey,
    OPENAI_UPLOAD_CONFIG_DIR: folder,
    OPENAI_BASE_URL: server.baseUrl,
    OPENAI_UPLOAD_STATE_DIR: stateDir,
  };
  const push = (flags = '', more: NodeJS.ProcessEnv = {}, isTTY = false) =>
    runMain(['push', file, '--purpose', 'vision', '--no-resume', ...flags.split(' ').filter(Boolean)], {
      env: { ...env, ...more },
      isTTY,
    });
  const partsSent = () => server.requests().filter(({ call }) => call === 'part').length;
  return { server, folder, file, path, env, stateDir, push, partsSent };
}

describe('a default of the user', () => {
  it('holds where neither the arguments nor the environment say otherwise', async () => {
    const { push, partsSent } = await setUp({ partSize: '100', progress: 'none' });
    expect(await push()).toMatchObject({ code: 0, stderr: '' });
    expect(partsSent()).toBe(10);
    expect((await push('--part-size 500 --progress plain')).stderr).toContain('a.bin: 1.0 kB in 2 parts');
    expect(partsSent()).toBe(12);
  });

  it('gives way to the environment, and that to a flag', async () => {
    const { server, push } = await setUp({ baseUrl: 'http://127.0.0.1:1/v1', retries: '0' });
    expect((await push()).code).toBe(0);
    expect((await push('', { OPENAI_BASE_URL: '' })).code).toBe(5);
    expect((await push(`--base-url ${server.baseUrl}`, { OPENAI_BASE_URL: '' })).code).toBe(0);
    expect((await push('--base-url http://127.0.0.1:1/v1')).code).toBe(5);
  });

  it('holds for a flag that is there but empty, as for none', async () => {
    const { server, push } = await setUp({ project: 'proj_config' });
    const project = () => server.requests().at(-1)?.headers['openai-project'];
    await push('--project=');
    expect(project()).toBe('proj_config');
    await push('--project=', { OPENAI_PROJECT_ID: 'proj_env' });
    expect(project()).toBe('proj_env');
    await push('--project proj_flag', { OPENAI_PROJECT_ID: 'proj_env' });
    expect(project()).toBe('proj_flag');
  });

  it.each<[string, NodeJS.ProcessEnv, boolean]>([
    ['', {}, false],
    ['', { FORCE_COLOR: '1' }, true],
  ])('takes colour away unless the environment forces it: %s %j', async (flags, more, hasColor) => {
    const { push } = await setUp({ color: 'never', partSize: '100', retries: '0' });
    const { code, stderr } = await push(flags, { OPENAI_API_KEY: '', ...more }, true);
    expect(code).toBe(2);
    expect(stderr.includes('\u001b[31m')).toBe(hasColor);
  });

  it.each([[{}], [{ OPENAI_API_KEY: '', OPENAI_API_KEY_FILE: import.meta.filename }]])(
    'does not hide that a key of the environment goes before --key-command: %j',
    async (more) => {
      const [variable = 'OPENAI_API_KEY'] = Object.keys(more).slice(-1);
      const { push } = await setUp({});
      const { stderr } = await push('--key-command false --progress none', more);
      expect(stderr.split('\n')[0]).toBe(`--key-command is not run: ${variable} is set and goes before it`);
      expect((await push('--progress none --key-command false -q')).stderr).toBe('');
    },
  );

  it('is not repeated in the next command, where it holds as well', async () => {
    const { server, push, stateDir } = await setUp({
      organization: 'org-config',
      auth: 'bearer',
      retries: '0',
    });
    server.addFaults({ call: 'part', nth: 1, kind: 'status', status: 500 });
    const { code, stderr } = await push('--project proj_flag');
    expect(code).toBe(5);
    expect(stderr).toContain(`: openai-upload resume --project proj_flag ${server.uploads()[0]?.id}\n`);
    expect(stateDir).not.toBe('');
  });

  it('leaves out the commands that have no such flag', async () => {
    const { env } = await setUp({ partSize: '100', progress: 'bar' });
    const { code, stderr } = await runMain(['cancel', 'upload_1'], { env });
    expect([code, stderr.includes('no session is saved for upload_1')]).toEqual([2, true]);
  });

  it('may lie among the sessions', async () => {
    const { folder, push, file, env } = await setUp({ partSize: '500' });
    const shared = { OPENAI_UPLOAD_STATE_DIR: folder };
    expect((await push('', shared)).code).toBe(0);
    const again = await runMain(['push', file, '--purpose', 'vision'], { env: { ...env, ...shared } });
    expect(again.code).toBe(0);
  });
});

describe('a configuration that is wrong', () => {
  it.each([
    ['{"concurency": 3}', 2, /there is no key concurency .*\n {2}Did you mean concurrency\?/],
    ['{"partSize": "64mb"}', 2, /64mb is not a valid value for partSize\n {2}Write a size as/],
    ['{"retries": true}', 2, /the value of retries is neither a string nor a number/],
    ['{"apiKey": "sk-secret"}', 2, /apiKey is not kept .*\n.*OPENAI_API_KEY/],
    ['{', 10, /not valid JSON/],
  ])('ends every run before a request is made: %s', async (text, expected, message) => {
    const { server, path, push, env } = await setUp(text);
    const runs = [
      await push(),
      await runMain(['cancel', 'u'], { env }),
      await runMain(['resume', 'u'], { env }),
    ];
    for (const { code, stdout, stderr } of runs) {
      expect([code, stdout]).toEqual([expected, '']);
      expect(stderr).toMatch(message);
      expect(stderr).toContain(path);
      expect(stderr).not.toContain('sk-secret');
    }
    expect(server.requests()).toEqual([]);
  });

  it('is reported once, and as an object for each argument with --json', async () => {
    const { path, file, env } = await setUp('{"concurency": 3}');
    const { code, stdout, stderr } = await runMain(['push', file, 'b', '--purpose', 'x', '--json'], { env });
    expect(code).toBe(2);
    expect(
      stdout
        .trimEnd()
        .split('\n')
        .map((line) => JSON.parse(line)),
    ).toMatchObject([
      { status: 'failed', path: file, upload_id: null, error: { code: 'usage', exit_code: 2 } },
      { status: 'failed', error: { message: expect.stringContaining(path), resume_command: null } },
    ]);
    expect(stderr.split(path)).toHaveLength(2);
    const cancelled = await runMain(['cancel', 'upload_1', '--json'], { env });
    expect(JSON.parse(cancelled.stdout)).toMatchObject({ upload_id: 'upload_1', path: null });
  });

  it.each(['--help', '--version', 'push --help', 'resume --version', 'completion bash', 'config path'])(
    'does not matter to %s',
    async (line) => {
      const { env } = await setUp('{');
      expect(await runMain(line.split(' '), { env })).toMatchObject({ code: 0, stderr: '' });
    },
  );
});
