import { mkdir, readFile, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { describe, expect, it, onTestFinished } from 'vitest';
import { makeFile } from '../../../helpers/make-file.ts';
import { recordOf } from '../../../helpers/record.ts';
import { runMain } from '../../../helpers/run-main.ts';
import { temporaryFolder } from '../../../helpers/temporary.ts';
import { startUploadsServer } from '../../../helpers/uploads-server/start-uploads-server.ts';

const SERVER_A = 'https://a.example/v1';
const SERVER_B = 'https://b.example/v1';

const STORED = {
  partSize: '100',
  project: 'proj_top',
  profiles: {
    work: { baseUrl: SERVER_A, organization: 'org-1', auth: 'api-key' },
    home: { baseUrl: SERVER_B, project: 'proj_home' },
  },
};

async function setUp(stored: unknown = STORED) {
  const folder = await temporaryFolder();
  const path = join(folder, 'config.json');
  if (stored !== null) await writeFile(path, JSON.stringify(stored));
  const stateDir = join(folder, 'state');
  const env = { OPENAI_UPLOAD_CONFIG_DIR: folder, OPENAI_UPLOAD_STATE_DIR: stateDir };
  const run = (line: string, more: NodeJS.ProcessEnv = {}) =>
    runMain(line.split(' '), { env: { ...env, ...more } });
  const onDisk = async () => JSON.parse(await readFile(path, 'utf8'));
  return { folder, path, stateDir, env, run, onDisk };
}

const done = { code: 0, stdout: '', stderr: '' };

describe('a profile', () => {
  it('begins with its first value and ends with its last', async () => {
    const { run, onDisk } = await setUp({ retries: '3' });

    expect(await run(`config set --profile work baseUrl ${SERVER_A}`)).toEqual(done);
    expect(await run('config set auth api-key --profile work')).toEqual(done);
    expect(await onDisk()).toEqual({
      retries: '3',
      profiles: { work: { baseUrl: SERVER_A, auth: 'api-key' } },
    });
    expect((await run('config get auth --profile work')).stdout).toBe('api-key\n');
    expect((await run('config get auth')).stdout).toBe('');
    await run('config unset --profile work auth');
    expect(await run('config unset --profile work baseUrl')).toEqual(done);
    expect(await onDisk()).toEqual({ retries: '3' });
  });

  it('is listed by itself, and the others with their servers', async () => {
    const { run } = await setUp();

    expect((await run('config list --profile home')).stdout).toBe(
      `baseUrl\t${SERVER_B}\nproject\tproj_home\n`,
    );
    expect(await run('config profiles')).toEqual({
      ...done,
      stdout: `work\t${SERVER_A}\nhome\t${SERVER_B}\n`,
    });
    expect(await run('config list')).toEqual({
      code: 0,
      stdout: 'partSize\t100\nproject\tproj_top\n',
      stderr: 'profiles: work, home\n',
    });
    expect(JSON.parse((await run('config list --profile work --json')).stdout)).toMatchObject({
      values: STORED.profiles.work,
      profile: 'work',
      profiles: ['work', 'home'],
    });
    expect(JSON.parse((await run('config profiles --json')).stdout).profiles).toEqual(STORED.profiles);
  });

  it('is also named by the environment', async () => {
    const { run, onDisk } = await setUp();
    const env = { OPENAI_UPLOAD_PROFILE: 'home' };

    expect((await run('config get project', env)).stdout).toBe('proj_home\n');
    expect((await run('config get project --profile work', env)).stderr).toBe('project is not set\n');
    expect(await run('config set retries 1', env)).toEqual(done);
    expect((await onDisk()).profiles.home.retries).toBe('1');
  });

  it.each(['config list', 'config get auth', 'config unset auth', 'list', 'check a.bin --purpose vision'])(
    'that is not there ends `%s` with 2, and the near name',
    async (line) => {
      const { run, path } = await setUp();

      const { code, stdout, stderr } = await run(`${line} --profile wrk`);

      expect([code, stdout, stderr]).toEqual([
        2,
        '',
        `openai-upload: there is no profile wrk in ${path}\n  Did you mean work? To make one: openai-upload config set --profile wrk baseUrl https://…\n`,
      ]);
    },
  );

  it('is not there without a file either, nor under a name that every object has', async () => {
    const { run } = await setUp(null);
    for (const name of ['work', 'constructor', '__proto__'])
      expect((await run(`list --profile ${name}`)).stderr).toContain(`there is no profile ${name} in`);
    expect((await run('list', { OPENAI_UPLOAD_PROFILE: 'work' })).code).toBe(2);
    expect((await run('list --profile=')).code).toBe(0);
  });

  it.each(['-x', '../up', 'a b', 'sk/1', ''.padEnd(65, 'a')])('is not called %j', async (name) => {
    const { env, path } = await setUp({});
    const { code, stderr } = await runMain(['config', 'set', `--profile=${name}`, 'retries', '1'], { env });
    expect([code, stderr]).toEqual([2, expect.stringContaining('that is not a valid name for a profile')]);
    expect(await readFile(path, 'utf8')).toBe('{}');
  });

  it('with a fault in it ends what uses it, and nothing else', async () => {
    const { run, path } = await setUp({ profiles: { bad: { partSize: 'huge' }, good: { retries: '1' } } });

    const { code, stderr } = await run('list --profile bad');
    expect([code, stderr]).toEqual([
      2,
      expect.stringContaining(`${path}: profile bad: huge is not a valid value for partSize`),
    ]);
    expect(stderr).toContain('openai-upload config unset --profile bad partSize');
    expect((await run('list --profile good')).code).toBe(0);
    expect((await run('list')).code).toBe(0);
    expect(await run('config unset --profile bad partSize')).toEqual(done);
  });

  it('that is none is named, beside the command that would take good ones with it', async () => {
    const { run, path } = await setUp({ profiles: { good: { retries: '1' }, work: [] } });

    const { stderr } = await run('list');
    expect(stderr).toContain(
      `${path}: the profile work must hold an object of values\n  Fix it in an editor.`,
    );
    expect(stderr).toContain('To remove all profiles: ');
  });

  it('is not proposed under a name that none can have', async () => {
    const { env } = await setUp();

    const { stderr } = await runMain(['list', '--profile', 'w ork'], { env });
    expect(stderr).toContain('Did you mean work?\n');
  });

  it.each([[[]], ['work'], [{ work: 'x' }]])('cannot be had of %j', async (profiles) => {
    const { run } = await setUp({ retries: '1', profiles });

    const { code, stderr } = await run('list');
    expect([code, stderr]).toEqual([2, expect.stringContaining('config unset profiles')]);
    const { code: listed, stdout } = await run('config list');
    expect([listed, stdout]).toEqual([2, 'retries\t1\n']);
    expect(await run('config unset profiles')).toEqual(done);
    expect((await run('list')).code).toBe(0);
  });
});

describe('a push in a profile', () => {
  async function setUpPush() {
    const servers = [
      await startUploadsServer({ profile: 'strict' }),
      await startUploadsServer({ profile: 'azure' }),
    ] as const;
    onTestFinished(async () => {
      for (const server of servers) await server.close();
    });
    const [plain, azure] = servers;
    const stage = await setUp({
      baseUrl: plain.baseUrl,
      partSize: '100',
      concurrency: '1',
      profiles: { azure: { baseUrl: azure.baseUrl, auth: 'api-key', partSize: '500' } },
    });
    const file = join(stage.folder, 'a.bin');
    await makeFile(file, 1000);
    const push = (flags: string, more: NodeJS.ProcessEnv = {}) =>
      stage.run(`push ${file} --purpose vision --progress none${flags}`, {
        OPENAI_API_KEY: plain.apiKey,
        ...more,
      });
    const set = (profile: string, key: string, value: string) =>
      runMain(['config', 'set', '--profile', profile, key, value], { env: stage.env });
    return { ...stage, plain, azure, push, set, partsOf: (server = plain) => server.requests('part').length };
  }

  it('has its values before the others', async () => {
    const { plain, azure, push, partsOf } = await setUpPush();

    expect((await push(' --profile azure')).code).toBe(0);
    expect([partsOf(plain), partsOf(azure)]).toEqual([0, 2]);
    expect((await push('')).code).toBe(0);
    expect([partsOf(plain), partsOf(azure)]).toEqual([10, 2]);
    expect((await push(' --part-size 250 --no-resume', { OPENAI_UPLOAD_PROFILE: 'azure' })).code).toBe(0);
    expect(partsOf(azure)).toBe(6);
  });

  it('goes before the environment when a flag names it, and is told apart, also with -q', async () => {
    const { azure, push } = await setUpPush();
    const env = { OPENAI_BASE_URL: 'http://127.0.0.1:1/v1' };
    const { host } = new URL(azure.baseUrl);

    const named = await push(' --profile azure --quiet', env);
    expect([named.code, named.stderr]).toEqual([
      0,
      `the key of the environment is for ${host} of the profile azure, not 127.0.0.1:1\n`,
    ]);
    for (const more of [' --profile azure --base-url http://127.0.0.1:1/v1', '']) {
      const elsewhere = await push(`${more} --retries 0 -q`, { ...env, OPENAI_UPLOAD_PROFILE: 'azure' });
      expect([elsewhere.code, elsewhere.stderr]).toEqual([
        5,
        expect.stringContaining(
          `is used instead of the base URL of the profile azure: 127.0.0.1:1, not ${host}\n`,
        ),
      ]);
    }
    const same = await push(' --profile azure', { OPENAI_BASE_URL: azure.baseUrl });
    expect(same).toMatchObject({ code: 0, stderr: '' });
  });

  it('gets its key from its own command, whatever the environment has', async () => {
    const { push, azure, set, path } = await setUpPush();
    await set('azure', 'keyCommand', `echo ${azure.apiKey}`);

    const own = await push(' --profile azure -q', { OPENAI_API_KEY: 'sk-of-another' });
    expect([own.code, own.stderr]).toEqual([0, '']);
    const environment = { OPENAI_API_KEY: 'sk-of-another', OPENAI_UPLOAD_PROFILE: 'azure' };
    const refused = await push(' --no-resume', environment);
    const { host } = new URL(azure.baseUrl);
    expect([refused.code, refused.stderr]).toEqual([
      7,
      expect.stringContaining(`Check OPENAI_API_KEY. The key was sent to ${host}.`),
    ]);
    expect(refused.stderr).toContain(
      `the key of OPENAI_API_KEY, and not of the keyCommand of the profile azure, is for ${host}\n`,
    );
    await set('azure', 'keyCommand', 'echo sk-of-nobody');
    expect((await push(' --no-resume --profile azure')).stderr).toContain(
      'Check the key command of keyCommand in the profile azure.',
    );

    const general = { profiles: { azure: { baseUrl: azure.baseUrl } }, keyCommand: `echo ${azure.apiKey}` };
    await writeFile(path, JSON.stringify(general));
    expect(
      await push(' --no-resume --auth api-key --profile azure -q', { OPENAI_API_KEY: '' }),
    ).toMatchObject({
      code: 0,
      stderr: `the key of keyCommand in the configuration is for ${host} of the profile azure, not api.openai.com\n`,
    });
  });

  it('names it in the command to run next', async () => {
    const { azure, push } = await setUpPush();
    azure.addFaults({ call: 'part', nth: 2, kind: 'status', status: 500 });

    const { stderr } = await push(' --profile azure --retries 0');

    expect(stderr).toMatch(/Run within .*: openai-upload resume --profile azure vision-\w+\n$/);
  });

  it('finds its own number of parts with `--concurrency auto`, whatever is configured', async () => {
    const { plain, push } = await setUpPush();
    // The second stands still until another is on its way.
    plain.addFaults({ call: 'part', nth: 2, kind: 'hold', label: 'second' });
    const pushing = push(' --concurrency auto');
    await plain.waitFor((requests) => requests.filter(({ call }) => call === 'part').length >= 3);
    plain.release('second');

    expect((await pushing).code).toBe(0);
  });
});

describe('a session of another profile', () => {
  const SESSION = { baseUrl: SERVER_A, organization: 'org-1', project: 'proj_top' };

  async function withSession(changes: object = {}) {
    const stage = await setUp();
    const now = Math.floor(Date.now() / 1000);
    const record = recordOf({
      uploadId: 'upload_1',
      ...SESSION,
      createdAt: now,
      expiresAt: now + 3600,
      ...changes,
    });
    await mkdir(stage.stateDir);
    await writeFile(join(stage.stateDir, 'upload_1.json'), JSON.stringify(record));
    const run = (line: string, more: NodeJS.ProcessEnv = {}) =>
      stage.run(line, { OPENAI_API_KEY: 'sk-1', ...more });
    return { ...stage, run };
  }

  it.each(['resume', 'cancel'])('is refused by %s, with the profile to give', async (command) => {
    const { run } = await withSession();

    const { code, stderr } = await run(`${command} upload_1`);

    expect(code).toBe(2);
    expect(stderr).toContain('belongs to the base URL');
    expect(stderr).toContain('  It belongs to the profile work.\n');
    expect(stderr).toMatch(new RegExp(`Run.*: openai-upload ${command} --profile work upload_1\\n$`));
  });

  it('is reached by its profile whatever the environment says', async () => {
    const { run } = await withSession();
    expect((await run('resume upload_1', { OPENAI_BASE_URL: SERVER_B })).stderr).toMatch(
      /Run: openai-upload resume --profile work upload_1\n$/,
    );
  });

  it('is refused as ever when no profile fits', async () => {
    const other = await withSession({ organization: 'org-2' });
    expect((await other.run('resume upload_1')).stderr).toContain('Set the base URL it was created with.');
  });

  it('is named with its profile wherever it is left out or offered', async () => {
    const { run } = await withSession();

    expect((await run('resume --all')).stderr).toContain(
      'upload_1 is left out: it belongs to the profile work',
    );
    expect((await run('cancel')).stderr).toContain('openai-upload cancel --profile work upload_1\n');
    const given = await run('cancel --profile home --base-url https://c.example/v1');
    expect(given.stderr).toContain('openai-upload cancel --profile work upload_1\n');
  });

  it('of no profile is named so, and the flag left out', async () => {
    const { run } = await withSession({ baseUrl: 'https://api.openai.com/v1', organization: null });

    const { stderr } = await run('resume upload_1 --profile work');
    expect(stderr).toContain('  It belongs to no profile.\n');
    expect(stderr).toMatch(/Run.*: openai-upload resume upload_1\n$/);
    const inEnvironment = await run('resume upload_1', { OPENAI_UPLOAD_PROFILE: 'work' });
    expect(inEnvironment.stderr).toContain('Set the base URL it was created with.');
  });

  it('cannot be reached by a profile that looks elsewhere', async () => {
    const { run, path, stateDir, folder } = await withSession();
    const work = { ...STORED.profiles.work, stateDir: folder };
    await writeFile(path, JSON.stringify({ ...STORED, stateDir, profiles: { work } }));
    const env = { OPENAI_UPLOAD_STATE_DIR: '' };

    expect((await run('resume upload_1', env)).stderr).toContain('Set the base URL');
    expect((await run(`resume --state-dir ${stateDir} upload_1`, env)).stderr).toContain(
      'to the profile work',
    );
  });
});

describe('a fault of the configuration', () => {
  it('names its file, not what was asked for', async () => {
    const { run, path } = await setUp({ partSize: 'huge' });

    const { stderr } = await run('push a.bin b.bin --purpose vision');

    expect(stderr).toContain(`openai-upload: ${path}: huge is not a valid value for partSize\n`);
  });
});
