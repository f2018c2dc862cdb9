import { mkdir, readFile, utimes, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { describe, expect, it, onTestFinished } from 'vitest';
import { batchLines, writeLines } from '../../helpers/jsonl.ts';
import { makeFile } from '../../helpers/make-file.ts';
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
  it('exits with the code of the signal, whatever failed before, and creates nothing after it', async () => {
    const { server, folder, stop, push } = await setUp();
    const names = Array.from({ length: 20 }, (_, index) => join(folder, `${index}.bin`));
    for (const name of names) await makeFile(name, 1000);
    await writeFile(names[0] ?? '', '');
    server.addFaults({ kind: 'hang', when: 'answer', work: false, call: 'part', nth: 'every' });

    const running = push(...names, '--concurrency', '1');
    await server.waitFor((all) => all.some(({ fault }) => fault === 'hang'));
    // A request that was sent before the signal may still be on its way to the server.
    let begun = 0;
    while (begun !== server.requests('create').length) {
      begun = server.requests('create').length;
      await new Promise((resolve) => setTimeout(resolve, 500));
    }
    stop.abort('SIGTERM');

    expect((await running).code).toBe(143);
    expect(server.requests('create')).toHaveLength(begun);
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

  it('is listed, and is what resume takes without an id', async () => {
    const { server, run } = await failedOnce();
    expect((await run('list')).stderr).toMatch(
      /unfinished: openai-upload resume job_\w+ {2}# .* 5 files done/,
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
    expect(lines.map((line) => line.split('\t')).map(([path, id]) => [path?.split('/').at(-1), id])).toEqual(
      expect.arrayContaining(ids),
    );
    expect(lines).toHaveLength(2);
  });
});
