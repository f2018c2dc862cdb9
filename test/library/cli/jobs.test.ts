import { mkdir, readdir, readFile, rm, rmdir, symlink, utimes, writeFile } from 'node:fs/promises';
import { basename, join } from 'node:path';
import { describe, expect, it, onTestFinished } from 'vitest';
import { openJob, UploadError } from '../../../src/index.ts';
import { batchLines, writeLines } from '../../helpers/jsonl.ts';
import { lacks } from '../../helpers/lacks.ts';
import { COLLISION, makeFile } from '../../helpers/make-file.ts';
import { runMain } from '../../helpers/run-main.ts';
import { temporaryFolder } from '../../helpers/temporary.ts';
import { startUploadsServer } from '../../helpers/uploads-server/start-uploads-server.ts';

async function setUp() {
  const server = await startUploadsServer({ profile: 'strict' });
  onTestFinished(() => server.close());
  const folder = await temporaryFolder();
  const stop = new AbortController();
  const env = {
    OPENAI_API_KEY: server.apiKey,
    OPENAI_BASE_URL: server.baseUrl,
    OPENAI_UPLOAD_STATE_DIR: join(folder, 'state'),
  };
  const push = (...more: readonly string[]) =>
    runMain(['push', ...more, '--purpose', 'vision'], { env, signal: stop.signal });
  const run = (...args: readonly string[]) => runMain(args, { env });
  const made = async (count: number) => {
    const names = Array.from({ length: count }, (_, index) => join(folder, `${index}.bin`));
    for (const [index, name] of names.entries()) await makeFile(name, 1000 + index, index + 1);
    return names;
  };
  const creates = () => server.requests('create').length;
  return { server, folder, stop, env, push, run, made, creates };
}

describe('a push that a signal ends', () => {
  it.each([
    ['push', ['a.bin', 'b.bin']],
    ['push', ['a.bin', 'b.bin', '--json']],
    ['push', ['a.bin', 'b.bin', '-r']],
    ['push', ['a.bin', 'b.bin', '-r', '--dry-run']],
    ['check', ['a.bin', 'b.bin', '-r']],
  ])('does so when the files are unsuitable, too: %s %j', async (command, args) => {
    const { folder, stop, env } = await setUp();
    for (const name of ['a.bin', 'b.bin']) await writeFile(join(folder, name), '');
    stop.abort('SIGTERM');
    const paths = args.map((arg) => (arg.startsWith('-') ? arg : join(folder, arg)));
    const flags = ['--purpose', 'vision', '--skip-unsuitable'];
    const { code, stderr } = await runMain([command, ...paths, ...flags], { env, signal: stop.signal });
    expect([code, stderr]).toEqual([143, expect.not.stringContaining('skipped')]);
  });

  it('exits with the code of the signal, whatever failed before, and creates nothing after it', async () => {
    const { server, folder, stop, push } = await setUp();
    const names = Array.from({ length: 20 }, (_, index) => join(folder, `${index}.bin`));
    for (const name of names) await makeFile(name, 1000);
    await writeFile(names[0] ?? '', '');
    server.addFaults({ kind: 'hang', when: 'answer', work: false, call: 'part', nth: 'every' });

    const running = push(...names, '--concurrency', '1');
    // One part is on its way, and one more file waits for its turn to send: no third is opened until then.
    await server.waitFor(
      (all) =>
        all.some(({ fault }) => fault === 'hang') && all.filter(({ call }) => call === 'create').length === 2,
    );
    stop.abort('SIGTERM');

    const { code, stderr } = await running;
    expect(code).toBe(143);
    expect(server.requests('create')).toHaveLength(2);
    // Which files it stopped says nothing to anybody. How many, the last line says.
    expect(stderr).not.toContain('stopped before the end');
    expect(stderr).toMatch(/0 of 20 files uploaded, 1 failed, \d+ stopped/);
  });

  it('names a single file, which has no such line', async () => {
    const { server, folder, stop, push, made } = await setUp();
    server.addFaults({ kind: 'hang', when: 'answer', work: false, call: 'part', nth: 'every' });

    const running = push(...(await made(1)), '--manifest', join(folder, 'done.jsonl'));
    await server.waitFor((all) => all.some(({ fault }) => fault === 'hang'));
    stop.abort('SIGINT');

    const { code, stderr } = await running;
    expect(code).toBe(130);
    expect(stderr).toMatch(/^openai-upload: 0\.bin: stopped before the end$/m);
    expect(commandIn(stderr)).toContain('resume');
  });
});

const commandIn = (text: string) => /run: openai-upload (resume .*job_\w+)/.exec(text)?.[1]?.split(' ') ?? [];

describe('a push of several files that failed half-way', () => {
  async function failedOnce(...flags: readonly string[]) {
    const stage = await setUp();
    const names = await stage.made(6);
    stage.server.addFaults({ kind: 'status', call: 'create', nth: 3, status: 400 });
    const first = await stage.push(...names, ...flags);
    expect(first.code).toBe(6);
    return { ...stage, names, first, before: stage.server.requests().length };
  }

  it('goes on by the one command that is printed, and sends nothing twice', async () => {
    const { server, run, first } = await failedOnce();
    expect(first.stderr.match(/openai-upload (resume|push)/g)).toHaveLength(1);
    const { code, stdout } = await run(...commandIn(first.stderr));
    expect(code).toBe(0);
    expect(stdout.trimEnd().split('\n')).toHaveLength(6);
    expect([server.files().length, server.requests('create').length]).toEqual([6, 7]);
  });

  it('goes on by the same push, after which it is finished and starts over with a note', async () => {
    const { server, push, names, run } = await failedOnce();
    expect((await push(...names)).code).toBe(0);
    expect(server.files()).toHaveLength(6);
    expect((await run('resume')).code).toBe(2);
    const { stderr } = await push(...names);
    expect(stderr).toMatch(/finished at .*--if-not-uploaded.*--manifest/);
    expect(server.files()).toHaveLength(12);
  });

  it('is listed, completed by a shell, and what resume takes without an id', async () => {
    const { server, run } = await failedOnce();
    expect((await run('__complete')).stdout).toMatch(/(^|\n)job_\w+\ta push of .*0\.bin and 5 more\n$/);
    expect((await run('list')).stderr).toMatch(
      /unfinished: a push of .* 5 files done: openai-upload resume job_\w+/,
    );
    expect((await run('resume')).code).toBe(0);
    expect(server.files()).toHaveLength(6);
    expect((await run('list')).stderr).toBe('');
  });

  it('is continued by resume --all', async () => {
    const { server, run } = await failedOnce();
    expect((await run('resume', '--all')).code).toBe(0);
    expect(server.files()).toHaveLength(6);
  });

  it('keeps a manifest, by which only what is new or changed is sent', async () => {
    const manifest = join(await temporaryFolder(), 'done.jsonl');
    const { server, push, names, creates } = await failedOnce('--manifest', manifest);
    const again = await push(...names, '--manifest', manifest);
    expect([again.code, server.files().length]).toEqual([0, 6]);
    const before = server.requests().length;

    expect((await push(...names, '--manifest', manifest)).code).toBe(0);
    await utimes(names[1] ?? '', 1, 1);
    expect((await push(...names, '--manifest', manifest)).code).toBe(0);
    expect(server.requests()).toHaveLength(before);

    await makeFile(names[0] ?? '', 1000, 99);
    const count = creates();
    expect((await push(...names, '--manifest', manifest)).code).toBe(0);
    expect(creates()).toBe(count + 1);
  });
});

describe('a push of a file that was pushed before', () => {
  it('names its file id and time, and goes on with a new upload', async () => {
    const { server, push, made } = await setUp();
    const [name = ''] = await made(1);
    expect((await push(name)).stderr).not.toContain('uploaded before');
    const told = new RegExp(`uploaded before as ${server.files()[0]?.id}, at \\S+Z, .*--if-not-uploaded`);
    const { code, stderr } = await push(name);
    expect([code, stderr, server.files().length]).toEqual([0, expect.stringMatching(told), 2]);
    expect((await push(name, '--quiet')).stderr).toBe('');
    await makeFile(name, 1000, 7);
    expect((await push(name)).stderr).not.toContain('uploaded before');
  });
});

describe('a push of files that an earlier push has done', () => {
  it('gives their size as it is now, not as it was', async () => {
    const { folder, push, made } = await setUp();
    const names = await made(2);
    const manifest = ['--manifest', join(folder, 'done.jsonl')];
    await push(...names, ...manifest);
    await makeFile(names[1] ?? '', 50_000);

    const { code, stderr } = await push(...names, ...manifest);
    expect([code, stderr]).toEqual([0, expect.stringMatching(/^2 files, 51\.0 kB$/m)]);
  });
});

describe('what has ended', () => {
  const DAY_SECONDS = 86_400;

  it('is forgotten by a push once it is old, at most once a day, and the ledger stays', async () => {
    const { folder, push, run, made } = await setUp();
    const [one = '', two = '', three = ''] = await made(3);
    await push(one);
    await push(one, two);
    const state = join(folder, 'state');
    const age = async (path: string, field: string) => {
      const saved = JSON.parse(await readFile(path, 'utf8'));
      await writeFile(path, `${JSON.stringify({ ...saved, [field]: saved[field] - 31 * DAY_SECONDS })}\n`);
    };
    const [job = ''] = (await readdir(join(state, 'jobs'))).filter((file) => file.endsWith('.jsonl'));
    await age(join(state, 'jobs', job), 'finished_at');
    const [old = ''] = (await readdir(state)).filter((file) => file.startsWith('upload_'));
    await age(join(state, old), 'createdAt');

    await push(three);
    expect(await readdir(state)).toContain(old);

    await utimes(join(state, 'sources', 'swept'), 1, 1);
    await push(three, '--keep', '90d');
    expect(await readdir(state)).toContain(old);

    await utimes(join(state, 'sources', 'swept'), 1, 1);
    await push(three);
    expect(await readdir(state)).not.toContain(old);
    expect(await readdir(join(state, 'jobs'))).toEqual([]);
    expect((await readdir(state)).filter((file) => file.startsWith('upload_'))).toHaveLength(5);
    expect(await readdir(join(state, 'ledger'))).toHaveLength(3);
    expect((await run('prune', '--dry-run')).stderr.match(/would be forgotten/g)).toHaveLength(5);
  });
});

describe('an unfinished job', () => {
  /** Of its three files, the first is sent, the second has an open upload, the third is not begun. */
  async function stopped(args?: (names: readonly string[]) => readonly string[]) {
    const stage = await setUp();
    const names = await stage.made(3);
    stage.server.addFaults({ kind: 'status', call: 'part', nth: 2, times: 2, status: 401 });
    const first = await stage.push(...(args?.(names) ?? names), '--concurrency', '1');
    expect(first.code).toBe(7);
    const job = /job_\w+/.exec(first.stderr)?.[0] ?? '';
    const openUploads = () => stage.server.uploads().filter(({ status }) => status === 'pending').length;
    return { ...stage, names, job, openUploads };
  }

  it.each([['its id'], ['--all']])('is cancelled by %s, with its open uploads on the server', async (by) => {
    const { server, names, job, run, push, openUploads } = await stopped();
    expect(openUploads()).toBeGreaterThan(0);
    expect((await run('cancel')).stderr).toContain(` done: openai-upload cancel ${job}\n`);

    const { code, stdout, stderr } = await run('cancel', by === '--all' ? by : job, '--json');

    expect([code, openUploads(), server.files().length]).toEqual([0, 0, 1]);
    expect(stderr).toContain(`${job}: cancelled`);
    expect(
      stdout
        .trimEnd()
        .split('\n')
        .map((line) => JSON.parse(line))
        .at(-1),
    ).toEqual({
      v: 1,
      status: 'cancelled',
      job,
    });
    expect((await run('resume')).code).toBe(2);
    expect((await run('resume', job)).code).toBe(2);
    expect((await push(...names)).stderr).toContain('the same push was cancelled at ');
    expect(server.files()).toHaveLength(4);
  });

  it('keeps from prune what it had sent, but not recorded, when it was killed', async () => {
    const { server, folder, push, made, run } = await setUp();
    const [first = '', second = '', third = ''] = await made(3);
    await rm(third);
    await push(first, second, third);
    const jobs = join(folder, 'state', 'jobs');
    const [name = ''] = (await readdir(jobs)).filter((each) => each.endsWith('.jsonl'));
    const journal = join(jobs, name);
    const lines = (await readFile(journal, 'utf8')).split('\n');
    await writeFile(
      journal,
      lines.filter((line) => !line.includes(`"filename":"${basename(second)}"`)).join('\n'),
    );

    const pruned = await run('prune');
    await makeFile(third, 1000);
    const resumed = await run('resume', basename(name, '.jsonl'));

    expect(pruned.stderr).toContain(`kept, ${basename(name, '.jsonl')} has not recorded it yet`);
    expect(pruned.stderr.match(/: forgotten/g)).toHaveLength(1);
    expect([resumed.code, server.files().length]).toEqual([0, 3]);
  });

  it('that cannot be read keeps from prune what may be its own, and nothing else', async () => {
    const { folder, push, made, run } = await setUp();
    const [first = '', second = '', third = '', other = ''] = await made(4);
    await rm(third);
    await push(first, second, third);
    await push(other);
    const jobs = join(folder, 'state', 'jobs');
    const [name = ''] = (await readdir(jobs)).filter((each) => each.endsWith('.jsonl'));
    await writeFile(join(jobs, name), 'spoiled\n');

    const { code, stderr } = await run('prune');

    expect(code).toBe(10);
    expect(stderr.match(/: kept, it may be of a job whose journal cannot be read/g)).toHaveLength(2);
    expect(stderr).toContain(`(${basename(other)}): forgotten`);
    expect(stderr.match(new RegExp(`${name} is not one of ours`, 'g'))).toHaveLength(1);
  });

  it('is shown by status, and forgotten by prune once it has ended', async () => {
    const { names, job, run, push } = await stopped();
    expect((await run('status', job)).stdout).toContain(` done: openai-upload resume ${job}\n`);
    expect((await run('prune')).stderr).not.toContain('job_');

    await push(...names);

    const line = new RegExp(`^${job} \\(a push of .*0.bin and 2 more\\): would be forgotten, finished$`, 'm');
    expect((await run('prune', '--dry-run')).stderr).toMatch(line);
    const { stdout } = await run('prune', '--json');
    expect(stdout).toContain(`{"v":1,"status":"forgotten","job":"${job}","was":"finished"}`);
    expect((await run('prune')).stderr).toContain('nothing to forget');
    expect((await push(...names)).stderr).not.toContain('the same push');
  });

  it('of another account is neither continued nor cancelled', async () => {
    const { server, job, run } = await stopped();
    const before = server.requests().length;
    for (const command of ['resume', 'cancel']) {
      const { code, stderr } = await run(command, job, '--project', 'proj_other');
      expect([code, stderr]).toEqual([2, expect.stringContaining(`${job} belongs to the project (none)`)]);
      expect((await run(command, '--all', '--project', 'proj_other')).stderr).toContain(`${job} is left out`);
    }
    expect(server.requests()).toHaveLength(before);
  });

  it('goes on from another folder, whatever was relative, and says when its own is gone', async () => {
    const here = process.cwd();
    onTestFinished(() => process.chdir(here));
    const { server, folder, env, run, made } = await setUp();
    await made(3);
    await mkdir(join(folder, 'elsewhere'));
    process.chdir(folder);
    const flags = ['--purpose', 'vision', '--manifest', 'done.jsonl', '--output', 'out.tsv'];
    server.addFaults({ kind: 'status', call: 'create', nth: 2, status: 400 });
    const first = await run('push', '0.bin', '1.bin', '2.bin', ...flags, '--concurrency', '1');
    const job = /job_\w+/.exec(first.stderr)?.[0] ?? '';
    process.chdir('elsewhere');

    const relative = { ...env, OPENAI_UPLOAD_STATE_DIR: '../state' };
    expect((await runMain(['resume', job], { env: relative })).code).toBe(0);

    expect(process.cwd()).toMatch(/elsewhere$/);
    expect(server.files()).toHaveLength(3);
    const lines = (await readFile(join(folder, 'done.jsonl'), 'utf8')).trimEnd().split('\n');
    const done = lines.map((line) => JSON.parse(line)).filter(({ status }) => status === 'completed');
    expect(done.map(({ path }) => path).toSorted()).toEqual(['0.bin', '1.bin', '2.bin']);
    expect((await readFile(join(folder, 'out.tsv'), 'utf8')).trimEnd().split('\n')).toHaveLength(3);

    server.addFaults({
      kind: 'status',
      call: 'create',
      nth: server.requests('create').length + 1,
      status: 400,
    });
    await mkdir(join(folder, 'gone'));
    process.chdir(join(folder, 'gone'));
    const second = await run('push', '../0.bin', '../1.bin', '--purpose', 'vision');
    process.chdir(here);
    await rmdir(join(folder, 'gone'));
    const { code, stderr } = await run(...commandIn(second.stderr));
    expect([code, stderr]).toEqual([3, expect.stringContaining('gone, in which job_')]);
  });

  it('is another one in another folder, when its paths are relative', async () => {
    const { server, folder, run } = await setUp();
    const here = process.cwd();
    // Before the folder is removed, which is set up first: Windows removes no current folder.
    onTestFinished(() => process.chdir(here));
    server.addFaults({ kind: 'status', call: 'create', nth: 1, status: 401 });
    for (const [index, name] of ['one', 'two'].entries()) {
      await mkdir(join(folder, name));
      process.chdir(join(folder, name));
      for (const file of ['a.bin', 'b.bin']) await makeFile(file, 1000, index + 1);
      expect((await run('push', 'a.bin', 'b.bin', '--purpose', 'vision')).code).toBe(index === 0 ? 7 : 0);
    }
    expect((await run('list')).stderr.match(/unfinished: /g)).toHaveLength(1);
  });

  it('waits with --wait-lock for another process that is at it, and is else told who is', async () => {
    const { server, push, made } = await setUp();
    const names = await made(3);
    server.addFaults({ kind: 'hold', call: 'part', nth: 1, label: 'first' });
    const one = push(...names);
    await server.waitForHeld('first');

    expect((await push(...names)).code).toBe(11);
    const waiting = push(...names, '--wait-lock', '1m', '--progress', 'json');
    server.release('first');

    expect([(await one).code, (await waiting).code]).toEqual([0, 0]);
  });

  it('takes no file for another of the same MD5 by its manifest, and still reads an older one', async () => {
    const { server, folder, push, creates } = await setUp();
    const [path, manifest] = [join(folder, 'a.bin'), join(folder, 'done.jsonl')];
    const run = async (content: Buffer, modifiedAt: number) => {
      await writeFile(path, content);
      await utimes(path, modifiedAt, modifiedAt);
      return (await push(path, '--manifest', manifest)).stdout;
    };

    const first = await run(COLLISION[0], 1);
    const second = await run(COLLISION[1], 2);
    expect([first === second, server.files().length]).toEqual([false, 2]);

    const lines = await readFile(manifest, 'utf8');
    await writeFile(manifest, lines.replaceAll(/"sha256":"\w+",/g, ''));
    expect([await run(COLLISION[1], 3), creates()]).toEqual([second, 2]);
  });

  it('is not begun where its manifest cannot be used', async () => {
    const { folder, push, run, made } = await setUp();
    const { code } = await push(...(await made(1)), '--manifest', folder);
    expect([code, (await run('list')).code]).toEqual([10, 0]);
  });

  it('that is a shard shares a state directory and a manifest with the others', async () => {
    const { server, folder, push, made } = await setUp();
    const names = await made(12);
    const manifest = join(folder, 'done.jsonl');
    server.addFaults({ kind: 'status', call: 'create', nth: 4, times: 2, status: 400 });
    const all = () =>
      Promise.all([1, 2, 3].map((one) => push(...names, '--shard', `${one}/3`, '--manifest', manifest)));

    expect((await all()).some(({ code }) => code === 6)).toBe(true);
    expect((await all()).map(({ code }) => code)).toEqual([0, 0, 0]);

    expect(
      server
        .files()
        .map(({ filename }) => filename)
        .toSorted(),
    ).toEqual(names.map((name) => basename(name)).toSorted());
    const before = server.requests().length;
    expect((await push(...names, '--manifest', manifest)).code).toBe(0);
    expect(server.requests()).toHaveLength(before);
    const lines = (await readFile(manifest, 'utf8'))
      .trimEnd()
      .split('\n')
      .map((line) => JSON.parse(line));
    expect(lines.filter(({ status }) => status === 'completed')).toHaveLength(12);
    expect(lines.filter(({ status }) => status === 'failed')).toHaveLength(2);
  });
});

describe('a split that failed half-way', () => {
  it('is one job, which goes on with all of its pieces', async () => {
    const { server, folder, run } = await setUp();
    const file = join(folder, 'big.jsonl');
    await writeLines(file, batchLines(10));
    server.addFaults({ kind: 'status', call: 'create', nth: 2, status: 401 });
    const split = ['push', file, '--purpose', 'batch', '--split', '--split-lines', '1'];
    const first = await run(...split);
    expect(first.code).toBe(7);
    expect(first.stderr.match(/openai-upload (resume|push) /g)).toHaveLength(1);

    const { code, stdout } = await run(...commandIn(first.stderr));
    expect([code, stdout.trimEnd().split('\n').length, server.files().length]).toEqual([0, 10, 10]);
  });
});

it('has a line for a folder that cannot be read, and none for what is left out', async () => {
  const { server, folder } = await setUp();
  const error = new UploadError('source_unreadable', { message: 'it cannot be read' });
  const account = { apiKey: 'sk-test-key', baseUrl: server.baseUrl, stateDir: join(folder, 'state') };
  const job = await openJob({ wanted: {}, cwd: folder }, account);
  const options = { purpose: 'user_data' };
  const items = [
    { source: 'locked', options, error },
    { source: 'empty', options, error, isUnsuitable: true },
  ];
  for await (const { status } of job.pushAll(items)) expect(status).toBe('failed');
  await job.close();

  const journal = await readFile(join(folder, 'state', 'jobs', `${job.id}.jsonl`), 'utf8');
  expect(journal.match(/"status":"failed","path":"\w+"/g)).toEqual(['"status":"failed","path":"locked"']);
});

describe('the output file', () => {
  it('has the path and the id of each file that there is', async () => {
    const { server, folder, push } = await setUp();
    await mkdir(join(folder, 'data', 'sub'), { recursive: true });
    await makeFile(join(folder, 'data', 'a.bin'), 1000);
    await makeFile(join(folder, 'data', 'sub', 'b.bin'), 1000);
    await writeFile(join(folder, 'data', 'sub', 'c.bin'), '');
    const { code } = await push(join(folder, 'data'), '-r', '--output', join(folder, 'out'));
    expect(code).toBe(3);
    const ids = server.files().map(({ filename, id }) => [filename, id]);
    const lines = (await readFile(join(folder, 'out'), 'utf8')).trimEnd().split('\n');
    expect(
      lines.map((line) => line.split('\t')).map(([path, id]) => [path?.split(/[\\/]/).at(-1), id]),
    ).toEqual(expect.arrayContaining(ids));
    expect(lines).toHaveLength(2);
  });
});

describe('a folder that holds what the push writes', () => {
  it('is pushed without that, also when all of it is there', async () => {
    const { server, folder, push } = await setUp();
    await makeFile(join(folder, 'data.bin'), 1000);
    const own = ['--manifest', join(folder, 'done.jsonl'), '--output', join(folder, 'ids.tsv')];

    for (const name of ['data.bin', 'done.jsonl.gz']) {
      await makeFile(join(folder, name), 1000);
      expect((await push(folder, '-r', ...own)).code).toBe(0);
    }
    expect(server.files().map(({ filename }) => filename)).toEqual(['data.bin', 'done.jsonl.gz']);
  });

  it.skipIf(lacks('links'))(
    'is pushed without that also through a link, and with what has a like name',
    async () => {
      const { server, folder, push } = await setUp();
      const [data, link] = [join(folder, 'data'), join(folder, 'link')];
      await mkdir(data);
      await symlink(data, link);
      const names = ['data.bin', 'ids.tsv-old', 'ids.tsv.lock.txt'];
      for (const name of names) await makeFile(join(data, name), 1000);

      const own = ['--manifest', join(data, 'done.jsonl'), '--output', join(data, 'ids.tsv')];
      expect((await push(link, '-r', ...own)).code).toBe(0);
      expect(
        (await push(data, '-r', '--output', join(link, 'ids.tsv'), '--exclude', 'done.jsonl')).code,
      ).toBe(0);
      const sent = server.files().map(({ filename }) => filename);
      expect(sent.sort()).toEqual([...names, ...names].sort());
    },
  );

  it.skipIf(lacks('links'))('is pushed without what a link in it leads to', async () => {
    const { server, folder, push } = await setUp();
    const [data, manifest] = [join(folder, 'data'), join(folder, 'data', 'done.jsonl')];
    await mkdir(data);
    await makeFile(join(data, 'data.bin'), 1000);
    await symlink('kept.jsonl', manifest);
    await writeFile(join(data, 'kept.jsonl'), '');

    expect((await push(data, '-r', '--manifest', manifest)).code).toBe(0);
    expect(server.files().map(({ filename }) => filename)).toEqual(['data.bin']);
  });

  it.skipIf(lacks('anycase'))('is pushed without that also by names in another case', async () => {
    const { server, folder, push } = await setUp();
    const data = join(folder, 'data');
    await mkdir(data);
    await makeFile(join(data, 'data.bin'), 1000);
    const own = (name: string, manifest: string) => [
      ...['--manifest', join(folder, name, manifest)],
      ...['--output', join(folder, name, 'ids.tsv')],
    ];

    expect((await push(data, '-r', ...own('DATA', 'done.jsonl'))).code).toBe(0);
    expect((await push(data, '-r', ...own('data', 'Done.jsonl'))).code).toBe(0);
    expect(server.files().map(({ filename }) => filename)).toEqual(['data.bin']);
  });

  it('is pushed as a whole when it lies in the state directory', async () => {
    const { server, folder, push } = await setUp();
    const data = join(folder, 'state', 'data');
    await mkdir(data, { recursive: true });
    await makeFile(join(data, 'data.bin'), 1000);
    expect((await push(data, '-r')).code).toBe(0);
    expect(server.files().map(({ filename }) => filename)).toEqual(['data.bin']);
  });
});

describe('a job of a base URL that may hold a secret', () => {
  it('goes on by its manifest, and no file to give away and no output has the secret', async () => {
    const { server, folder, env, made } = await setUp();
    const manifest = join(folder, 'm.jsonl');
    const run = async (key: string, ...args: readonly string[]) => {
      const own = { ...env, OPENAI_BASE_URL: `${server.baseUrl}?key=${key}` };
      const { code, stdout, stderr } = await runMain([...args, '--json', '--verbose'], { env: own });
      expect(stdout + stderr).not.toContain(key);
      return code;
    };
    const push = ['push', ...(await made(2)), '--purpose', 'vision', '--manifest', manifest];

    expect(await run('hush-hush', ...push)).toBe(0);
    const sent = server.requests().length;
    expect(await run('hush-hush', ...push)).toBe(0);
    expect(server.requests()).toHaveLength(sent);
    expect(await run('other-key', ...push)).toBe(2);
    expect(await run('hush-hush', 'list')).toBe(0);

    expect(await readFile(manifest, 'utf8')).not.toContain('hush-hush');
  });
});

describe('a job whose journal somebody replaces', () => {
  it('stops with its own code, and names the file that the journal lacks', async () => {
    const { server, folder, push, made } = await setUp();
    server.addFaults({ call: 'complete', nth: 1, kind: 'hold', label: 'first' });
    const running = push(...(await made(2)), '--concurrency', '1');
    await server.waitForHeld('first');
    const jobs = join(folder, 'state', 'jobs');
    const journal = join(jobs, (await readdir(jobs)).find((name) => name.endsWith('.jsonl')) ?? '');
    await rm(journal);
    await mkdir(journal);
    server.release('first');

    const { code, stdout, stderr } = await running;
    expect(code).toBe(10);
    expect(server.requests('create')).toHaveLength(2);
    const unlisted = server.files().filter(({ id }) => !stdout.includes(id));
    expect(unlisted).not.toEqual([]);
    for (const { id } of unlisted) expect(stderr).toContain(`the file is there, ${id}, but the manifest`);
  });
});
