import { mkdir, readdir, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import stringWidth from 'string-width';
import { describe, expect, it, onTestFinished } from 'vitest';
import type { SessionRecord } from '../../../src/sessions/record.ts';
import { makeFile } from '../../helpers/make-file.ts';
import { recordOf } from '../../helpers/record.ts';
import { type MainOptions, runMain } from '../../helpers/run-main.ts';
import { filesOf, noPatience, sessionsIn } from '../../helpers/sessions.ts';
import { temporaryFolder } from '../../helpers/temporary.ts';
import { startUploadsServer } from '../../helpers/uploads-server/start-uploads-server.ts';

const NOW = Math.floor(Date.now() / 1000);
const FILE = { id: 'file-1', created_at: NOW };
/** Each created a second after the one before, with an hour left. */
const recordsOf = (changes: readonly Partial<SessionRecord>[]) =>
  changes.map((change, index) =>
    recordOf({
      uploadId: `upload_${index + 1}`,
      project: null,
      clockOffsetMs: 0,
      createdAt: NOW + index,
      // From now: it may be long since these tests began.
      expiresAt: Math.floor(Date.now() / 1000) + 3600,
      ...change,
    }),
  );

/** A state directory with such records, and no key. */
async function setUp(...changes: readonly Partial<SessionRecord>[]) {
  const stateDir = join(await temporaryFolder(), 'state');
  await mkdir(stateDir);
  const sessions = sessionsIn(stateDir);
  for (const record of recordsOf(changes)) await (await sessions.create(record, noPatience)).release();
  const put = (name: string, text = '{') => writeFile(join(stateDir, name), text);
  const run = (line: string, options: MainOptions = {}) =>
    runMain(line.split(' '), { ...options, env: { OPENAI_UPLOAD_STATE_DIR: stateDir, ...options.env } });
  return { stateDir, sessions, put, run };
}

const linesOf = (text: string) => text.split('\n').slice(0, -1);
const objectsIn = (text: string) => linesOf(text).map((line) => JSON.parse(line));

describe('list', () => {
  it('shows the newest 50 on a terminal and counts the rest, and all where they are asked for', async () => {
    const { run, put } = await setUp(...Array.from({ length: 53 }, () => ({})));
    await put('broken.json');
    const { code, stdout, stderr } = await run('list', { columns: 100 });
    expect([code, linesOf(stdout).length]).toEqual([10, 51]);
    expect(linesOf(stdout)[1]).toMatch(/^upload_53 /);
    expect(stderr).toMatch(/^and 3 more, 3 of them unfinished: --all shows them\n.*broken\.json/);
    expect(linesOf((await run('list --all', { columns: 100 })).stdout)).toHaveLength(54);
    expect(linesOf((await run('list')).stdout)).toHaveLength(53);
    expect(linesOf((await run('list --json')).stdout)).toHaveLength(54);
  });

  it('gives a script a row with tabs for each, newest first, and nothing else', async () => {
    const { run } = await setUp({}, { status: 'completed', file: FILE });
    const { code, stdout, stderr } = await run('list');
    expect([code, stderr]).toEqual([0, '']);
    expect(linesOf(stdout).map((line) => line.split('\t'))).toEqual([
      ['upload_2', 'a.jsonl', '100', 'completed', '-', '10', '25', '/data/a.jsonl'],
      [
        'upload_1',
        'a.jsonl',
        '40',
        'pending',
        expect.stringMatching(/^3[56]\d\d$/),
        '10',
        '25',
        '/data/a.jsonl',
      ],
    ]);
    expect(await run('ls')).toEqual({ code, stdout: expect.stringContaining('upload_1'), stderr });
  });

  it.each([80, 60, 40])('draws a table with a head on a terminal of %i columns', async (columns) => {
    const { run } = await setUp({}, { filename: `${'長い'.repeat(30)}.jsonl` });
    const { stdout } = await run('list', { columns });
    const [head, ...rows] = linesOf(stdout);
    expect(head).toMatch(/^UPLOAD +FILE +SENT +STATUS/);
    expect(rows.map((row) => row.split(' ')[0])).toEqual(['upload_2', 'upload_1']);
    for (const line of [head, ...rows]) expect(stringWidth(line ?? '')).toBeLessThanOrEqual(columns);
  });

  it('of nothing is nothing, and only a person is told so', async () => {
    const { run, stateDir } = await setUp();
    expect(await run('list')).toEqual({ code: 0, stdout: '', stderr: '' });
    // Wide, because the path of a temporary folder is long on some systems.
    expect(await run('list', { columns: 300, isTTY: true })).toEqual({
      code: 0,
      stdout: '',
      stderr: `nothing is saved in ${stateDir}\n`,
    });
    expect((await run('list -q', { isTTY: true })).stderr).toBe('');
    expect((await run('list --json')).stdout).toBe('');
  });

  it('shows the others when a record cannot be read, names that one, and ends with 10', async () => {
    const { run, put, stateDir } = await setUp({}, {});
    await put('broken.json');
    await put('later.json', '{"schemaVersion":99}');
    const before = await readdir(stateDir);

    const { code, stdout, stderr } = await run('list -q');
    expect(code).toBe(10);
    expect(linesOf(stdout)).toHaveLength(2);
    expect(stderr).toContain(join(stateDir, 'broken.json'));
    expect(stderr).toContain(`${join(stateDir, 'later.json')} was written by a newer version`);

    expect(objectsIn((await run('list --json')).stdout)).toMatchObject([
      { status: 'pending', upload_id: 'upload_2' },
      { status: 'pending', upload_id: 'upload_1' },
      { status: 'failed', upload_id: null, error: { code: 'session_corrupt', exit_code: 10 } },
      { status: 'failed', upload_id: null, error: { code: 'session_newer', exit_code: 10 } },
    ]);
    expect(await readdir(stateDir)).toEqual(before);
  });

  it('ends with 10 when the state directory cannot be read', async () => {
    const { run, stateDir, put } = await setUp();
    await put('file');
    const env = { OPENAI_UPLOAD_STATE_DIR: join(stateDir, 'file') };
    const { code, stdout } = await run('list --json', { env });
    expect([code, objectsIn(stdout)]).toMatchObject([10, [{ error: { code: 'session_unreadable' } }]]);
  });
});

describe('status', () => {
  it('tells in lines what there is to know', async () => {
    const { run } = await setUp({});
    const { code, stdout, stderr } = await run('status upload_1');
    expect([code, stderr]).toEqual([0, '']);
    expect(stdout).toMatch(/^status {3}pending$/m);
    expect(stdout).toMatch(/^missing {2}parts 2-3 of 3, 15 B$/m);
    expect(stdout).toMatch(/^source {3}\/data\/a\.jsonl is missing$/m);
    expect(stdout).toMatch(/^next {5}nothing: the source is missing$/m);
  });

  it('is one object with --json', async () => {
    const { run, stateDir } = await setUp({ status: 'completing' });
    const { stdout } = await run(`status upload_1 --json --state-dir ${stateDir}`);
    expect(objectsIn(stdout)).toMatchObject([
      {
        v: 1,
        status: 'completing',
        upload_id: 'upload_1',
        missing: [{ first: 2, last: 3 }],
        source: 'missing',
        next: 'resume',
        next_command: `openai-upload resume --state-dir ${stateDir} upload_1`,
      },
    ]);
  });

  it('of an unknown upload ends with 2, of a broken record with 10', async () => {
    const { run, put } = await setUp();
    await put('broken.json');
    const unknown = await run('status upload_9 --json');
    expect([unknown.code, objectsIn(unknown.stdout)]).toMatchObject([
      2,
      [{ status: 'failed', upload_id: 'upload_9', error: { code: 'session_unknown', resume_command: null } }],
    ]);
    expect((await run('status broken')).code).toBe(10);
  });

  it('of a file names the uploads of that file, or says that there are none', async () => {
    const folder = await temporaryFolder();
    const [path, other] = [join(folder, 'a.jsonl'), join(folder, 'b.jsonl')];
    for (const each of [path, other]) await writeFile(each, '');
    const source = { ...recordOf().source, path };
    const { run } = await setUp({ source }, { source, status: 'completed', file: FILE });

    const known = await run(`status ${path}`);
    expect(known.code).toBe(2);
    expect(known.stderr).toContain(`${path} is a file, not an upload id`);
    for (const id of ['upload_1', 'upload_2'])
      expect(known.stderr).toMatch(new RegExp(`openai-upload status .*${id}$`, 'm'));

    const unknown = await run(`status ${other}`);
    expect([unknown.code, unknown.stderr]).toEqual([2, expect.stringContaining('No upload of it is saved')]);
  });
});

describe('prune', () => {
  it('says what it has forgotten and what it has kept, on stderr alone', async () => {
    const { run, sessions } = await setUp(
      { status: 'completed', file: FILE },
      { expiresAt: NOW - 1 },
      { status: 'cancelled' },
      { filename: 'b.jsonl' },
    );
    const held = await sessions.open('upload_3', noPatience);
    const trial = await run('prune --dry-run');
    expect(trial.stderr).toContain('upload_1 (a.jsonl): would be forgotten, completed as file-1\n');

    const { code, stdout, stderr } = await run('prune');
    await held?.release();

    expect([code, stdout]).toEqual([0, '']);
    expect(linesOf(stderr)).toEqual([
      'upload_2 (a.jsonl): forgotten, expired',
      'upload_1 (a.jsonl): forgotten, completed as file-1',
      'upload_3 (a.jsonl): kept, a process is working on it',
    ]);
    expect(objectsIn((await run('list --json')).stdout)).toMatchObject([
      { upload_id: 'upload_4' },
      { upload_id: 'upload_3' },
    ]);
    expect(await run('prune -q')).toEqual({ code: 0, stdout: '', stderr: '' });
    expect((await run('prune', { isTTY: true })).stderr).toBe('nothing to forget\n');
  });

  it('is an object for each with --json', async () => {
    const { run } = await setUp({ status: 'completed', file: FILE });
    const object = { v: 1, upload_id: 'upload_1', was: 'completed', file_id: 'file-1', reason: null };
    expect(objectsIn((await run('prune --dry-run --json')).stdout)).toMatchObject([
      { ...object, status: 'would_forget' },
    ]);
    expect(objectsIn((await run('prune --json')).stdout)).toMatchObject([{ ...object, status: 'forgotten' }]);
  });

  it('ends with 10 when a record cannot be read, which it leaves alone', async () => {
    const { run, put, stateDir } = await setUp({ status: 'cancelled' });
    await put('broken.json');
    const { code, stderr } = await run('prune');
    expect(code).toBe(10);
    expect(stderr).toContain('upload_1 (a.jsonl): forgotten, cancelled\n');
    expect(stderr).toContain(join(stateDir, 'broken.json'));
    expect(await filesOf(stateDir)).toEqual(['broken.json']);
  });
});

describe('what is saved', () => {
  const broken = [{ OPENAI_CUSTOM_HEADERS: 'nonsense' }, { OPENAI_BASE_URL: 'nonsense' }] as const;
  for (const env of broken) {
    const [name = ''] = Object.keys(env);

    it.each(['list --json', 'status upload_1 --json', 'prune --dry-run'])(
      `is shown by %s, whatever ${name} holds, for it makes no request`,
      async (line) => {
        const stateDir = await temporaryFolder();
        await writeFile(join(stateDir, 'upload_1.json'), JSON.stringify(recordOf()));
        const run = await runMain([...line.split(' '), '--state-dir', stateDir], { env });
        expect(run.code, run.stderr).toBe(0);
        if (run.stdout !== '' && 'OPENAI_BASE_URL' in env)
          expect(JSON.parse(run.stdout).differs_in).toContain('base_url');
      },
    );

    it.each(['resume', 'cancel --all'])(`is no matter for %s when ${name} is nonsense`, async (line) => {
      const { code, stderr } = await runMain(line.split(' '), { env: { ...env, OPENAI_API_KEY: 'sk-1' } });
      expect(code).toBe(2);
      expect(stderr).toMatch(/OPENAI_CUSTOM_HEADERS|the base URL is not an http or https address/);
    });
  }
});

describe('without an upload id', () => {
  /** Three files, each pushed until its second part was refused; the last one is the first to expire. */
  async function setUpUploads(count: number) {
    const server = await startUploadsServer({
      profile: 'strict',
      faults: [2, 4, 6].slice(0, count).map((nth) => ({ kind: 'status', status: 400, call: 'part', nth })),
    });
    onTestFinished(() => server.close());
    const folder = await temporaryFolder();
    const stateDir = join(folder, 'state');
    const env = {
      OPENAI_API_KEY: server.apiKey,
      OPENAI_BASE_URL: server.baseUrl,
      OPENAI_UPLOAD_STATE_DIR: stateDir,
    };
    const run = (line: string, changes: NodeJS.ProcessEnv = {}) =>
      runMain(line.split(' '), { env: { ...env, ...changes } });
    for (let n = 1; n <= count; n += 1) {
      const path = join(folder, `${n}.bin`);
      await makeFile(path, 2500, n);
      await run(`push ${path} --purpose vision --part-size 1000 --concurrency 1`);
    }
    const ids = server.uploads().map(({ id }) => id);
    const sessions = sessionsIn(stateDir);
    for (const [index, id] of ids.entries()) {
      const open = await sessions.open(id, noPatience);
      await open?.update({ expiresAt: NOW + 3000 - index * 100 });
      await open?.release();
    }
    const statuses = () => server.uploads().map(({ status }) => status);
    return { server, folder, stateDir, run, ids, statuses };
  }

  it('the only unfinished upload is resumed', async () => {
    const { server, run } = await setUpUploads(1);
    const { code, stdout } = await run('resume');
    expect([code, stdout]).toEqual([0, `${server.files()[0]?.id}\n`]);
    expect(server.requests('part')).toHaveLength(4);
  });

  it('none of several is resumed: they are listed with their commands, and the code is 2', async () => {
    const { server, run, ids } = await setUpUploads(3);
    const requests = server.requests().length;
    const { code, stdout, stderr } = await run('resume --quiet');
    expect([code, stdout]).toEqual([2, '']);
    const commands = [...stderr.matchAll(/^ {2}(\d\.bin), 40 %.*: (openai-upload resume \S+)$/gm)];
    expect(commands.map(([, command, name]) => [command, name])).toEqual([
      ['3.bin', `openai-upload resume ${ids[2]}`],
      ['2.bin', `openai-upload resume ${ids[1]}`],
      ['1.bin', `openai-upload resume ${ids[0]}`],
    ]);
    expect(server.requests()).toHaveLength(requests);
    expect(objectsIn((await run('resume --json')).stdout)).toMatchObject([
      { status: 'failed', upload_id: null, path: null, error: { code: 'usage', exit_code: 2 } },
    ]);
  });

  it('--all resumes every unfinished one, the one that expires first first', async () => {
    const { run, ids, statuses } = await setUpUploads(3);
    const { code, stdout } = await run('resume --all --json');
    expect([code, statuses()]).toEqual([0, ['completed', 'completed', 'completed']]);
    expect(linesOf(stdout).map((line) => JSON.parse(line).upload_id)).toEqual(ids.toReversed());
  });

  it('nothing is resumed when all are over: 2, or with --all 0', async () => {
    const { run, stateDir } = await setUpUploads(1);
    await run('resume');
    const { code, stdout, stderr } = await run('resume');
    expect([code, stdout]).toEqual([2, '']);
    expect(stderr).toContain(`nothing in ${stateDir} is unfinished`);
    expect(await run('resume --all')).toEqual({ code: 0, stdout: '', stderr: 'nothing to resume\n' });
  });

  it('nothing is ever cancelled but with --all, not even the only one', async () => {
    const { run, ids, statuses } = await setUpUploads(1);
    const { code, stderr } = await run('cancel');
    expect([code, statuses()]).toEqual([2, ['pending']]);
    expect(stderr).toMatch(new RegExp(`  1\\.bin, .*: openai-upload cancel ${ids[0]}\n`));
    const all = await run('cancel --all');
    expect([all.code, all.stdout, all.stderr]).toEqual([0, '', `${ids[0]}: cancelled\n`]);
    expect(statuses()).toEqual(['cancelled']);
    expect(await run('cancel --all')).toEqual({ code: 0, stdout: '', stderr: 'nothing to cancel\n' });
  });

  it('--all goes on after a failure, and ends with the code of the first', async () => {
    const { server, run, ids, statuses } = await setUpUploads(3);
    server.addFaults({ kind: 'status', status: 400, call: 'cancel', nth: 1 });
    const { code, stdout } = await run('cancel --all --json');
    expect(code).toBe(6);
    expect(objectsIn(stdout)).toMatchObject([
      { status: 'failed', upload_id: ids[2] },
      { status: 'cancelled', upload_id: ids[1] },
      { status: 'cancelled', upload_id: ids[0] },
    ]);
    expect(statuses()).toEqual(['cancelled', 'cancelled', 'pending']);
  });

  it('uploads of another account or server are left out, and named', async () => {
    const { server, run, ids, statuses } = await setUpUploads(2);
    const requests = server.requests().length;
    const all = await run('cancel --all', { OPENAI_PROJECT_ID: 'proj-1' });
    expect(all.code).toBe(0);
    for (const id of ids) expect(all.stderr).toContain(`${id} is left out`);
    const one = await run('resume', { OPENAI_BASE_URL: 'https://api.openai.com/v1' });
    expect(one.code).toBe(2);
    expect(one.stderr).toContain('None belongs to the server and account that are set now.');
    expect(one.stderr).toMatch(
      new RegExp(`, set its base URL first, if you trust that server: openai-upload resume ${ids[0]}`),
    );
    expect(one.stderr).not.toContain('--base-url');
    expect(server.requests()).toHaveLength(requests);
    expect(statuses()).toEqual(['pending', 'pending']);
  });

  it('a record that cannot be read may be the one that is meant', async () => {
    const { run, ids, stateDir, statuses } = await setUpUploads(1);
    await writeFile(join(stateDir, 'broken.json'), '{');
    const one = await run('resume');
    expect([one.code, one.stdout, statuses()]).toEqual([10, '', ['pending']]);
    expect(one.stderr).toContain(join(stateDir, 'broken.json'));
    expect(one.stderr).toContain(`openai-upload resume ${ids[0]}`);
    const all = await run('resume --all');
    expect([all.code, statuses()]).toEqual([10, ['completed']]);
    expect(all.stderr).toContain(join(stateDir, 'broken.json'));
  });

  it('no key is needed to be told that there is nothing, but one to go on', async () => {
    const { run } = await setUpUploads(1);
    const { code, stderr } = await run('resume', { OPENAI_API_KEY: '' });
    expect(code).toBe(2);
    expect(stderr).toContain('Set OPENAI_API_KEY.');
  });
});
