import { execFile } from 'node:child_process';
import { mkdir, readdir, readFile, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { promisify } from 'node:util';
import { describe, expect } from 'vitest';
import { test as base, type Cli } from '../helpers/fixtures.ts';
import { lacks } from '../helpers/lacks.ts';
import { makeFile } from '../helpers/make-file.ts';
import { recordOf } from '../helpers/record.ts';
import { IN_SHELL, TAKES_HOOKS } from '../helpers/run-cli.ts';
import type { UploadsServer } from '../helpers/uploads-server/uploads-server.ts';

const FLAGS = ['--purpose', 'user_data', '--part-size', '1000', '--concurrency', '1'];
/** Neither a key nor a server that could be asked. */
const ALONE = { OPENAI_API_KEY: '', OPENAI_BASE_URL: '' };

interface Stage {
  readonly folder: string;
  readonly server: UploadsServer;
  readonly cli: Cli;
}

const test = base.extend<{ stage: Stage }>({
  stage: ({ folder, server, cli }, use) => use({ folder, server, cli }),
});

/** A push that is at work: two of three parts are acknowledged, the third has not been answered. */
async function startPush(name: string, { folder, server, cli }: Stage) {
  await makeFile(join(folder, name), 2500);
  const nth = server.requests('part').length + 3;
  server.addFaults({ call: 'part', nth, kind: 'hold', label: name });
  const run = cli.start(['push', name, ...FLAGS]);
  await server.waitForHeld(name);
  const id = server.uploads().at(-1)?.id ?? '';
  return { ...run, id };
}

/** What is left of such a push after `kill -9`. @returns the upload's id */
async function leaveKilled(name: string, stage: Stage): Promise<string> {
  const { child, result, id } = await startPush(name, stage);
  child.kill('SIGKILL');
  await result;
  stage.server.release(name);
  return id;
}

/** What a shell makes of a line in which `openai-upload` is the binary. */
async function shell(line: string, { folder, cli }: Stage, env: NodeJS.ProcessEnv = {}): Promise<string> {
  const script = `openai-upload() { ${IN_SHELL} "$@"; }\n${line}`;
  const options = { cwd: folder, env: { PATH: process.env.PATH, ...cli.env, ...env } };
  return (await promisify(execFile)('bash', ['-euo', 'pipefail', '-c', script], options)).stdout;
}

describe('openai-upload list', () => {
  test.skipIf(lacks('shell'))(
    'of killed pushes can be read by awk and cut, without a key and without a server',
    async ({ stage }) => {
      const { server } = stage;
      const killed = [await leaveKilled('a.jsonl', stage), await leaveKilled('b with spaces.jsonl', stage)];
      const requests = server.requests().length;

      const ids = await shell(`openai-upload list | awk -F'\\t' '$4 == "pending" {print $1}'`, stage, ALONE);
      expect(ids.trim().split('\n').sort()).toEqual(killed.sort());
      const names = await shell('openai-upload ls | cut -f2,3 | sort', stage, ALONE);
      expect(names).toBe('a.jsonl\t80\nb with spaces.jsonl\t80\n');
      const first = await shell('openai-upload list --json | head -n 1', stage, ALONE);
      expect(JSON.parse(first)).toMatchObject({
        v: 1,
        bytes: 2500,
        bytes_acknowledged: 2000,
        locked_by: null,
      });
      expect(server.requests()).toHaveLength(requests);
    },
  );

  test('shows nothing of a key, and leaves every byte in the state directory as it is', async ({ stage }) => {
    const { server, cli } = stage;
    const id = await leaveKilled('a.jsonl', stage);
    await writeFile(join(cli.stateDir, 'broken.json'), '{');
    const before = await contentsOf(cli.stateDir);

    const results = [];
    for (const args of [['list'], ['list', '--json'], ['status', id], ['prune', '--dry-run']])
      results.push(await cli.run([...args, '-v']));

    expect(results.map(({ code }) => code)).toEqual([10, 10, 0, 10]);
    for (const { stdout, stderr } of results) expect(stdout + stderr).not.toContain(server.apiKey);
    expect(await contentsOf(cli.stateDir)).toEqual(before);
  });
});

describe('openai-upload list of very many', () => {
  const test = base.extend<{ ids: readonly string[] }>({
    async ids({ cli }, use) {
      const ids = Array.from({ length: 3200 }, (_, number) => `upload_${number}`);
      await mkdir(cli.stateDir, { recursive: true });
      for (const uploadId of ids) {
        const record = JSON.stringify(
          recordOf({ uploadId, source: { ...recordOf().source, path: uploadId } }),
        );
        await writeFile(join(cli.stateDir, `${uploadId}.json`), record);
      }
      await use(ids);
    },
  });
  const idsIn = (stdout: string) =>
    stdout
      .trimEnd()
      .split('\n')
      .map((row) => row.split('\t')[0])
      .sort();

  test('shows each, and ends well', async ({ cli, ids }) => {
    const { code, stdout, stderr } = await cli.run(['list'], ALONE);
    expect([code, stderr]).toEqual([0, '']);
    expect(idsIn(stdout)).toEqual(ids.toSorted());
  });

  test.skipIf(!TAKES_HOOKS)('does so too where Node may not start a thread', async ({ cli, ids }) => {
    const flags = process.allowedNodeEnvironmentFlags;
    const permission = flags.has('--permission') ? '--permission' : '--experimental-permission';
    const NODE_OPTIONS = `${permission} --allow-fs-read=* --allow-fs-write=*`;

    const { code, stdout } = await cli.run(['list'], { ...ALONE, NODE_OPTIONS });
    expect([code, idsIn(stdout)]).toEqual([0, ids.toSorted()]);
  });
});

describe('openai-upload status', () => {
  test('names the process that is at work, and the command that goes on after its death', async ({
    stage,
  }) => {
    const { server, cli } = stage;
    const push = await startPush('a.jsonl', stage);
    const working = JSON.parse((await cli.run(['status', push.id, '--json'], ALONE)).stdout);
    expect(working).toMatchObject({
      status: 'pending',
      locked_by: { pid: push.child.pid },
      parts_acknowledged: 2,
      missing: [{ first: 3, last: 3 }],
      source: 'same',
      next: 'wait',
      next_command: null,
    });
    push.child.kill('SIGKILL');
    await push.result;
    server.release('a.jsonl');

    const { stdout } = await cli.run(['status', push.id]);
    const next = /^next +(.*)$/m.exec(stdout)?.[1] ?? '';
    const id = lacks('shell') ? (await cli.run(next.split(' ').slice(1))).stdout : await shell(next, stage);

    expect(id).toBe(`${server.files()[0]?.id}\n`);
    expect(server.requests('part')).toHaveLength(4);
    const done = JSON.parse((await cli.run(['status', push.id, '--json'], ALONE)).stdout);
    expect(done).toMatchObject({
      status: 'completed',
      file_id: id.trim(),
      next: 'none',
      seconds_left: null,
    });
  });

  test('names no command that leads to the server of the record, where another one is set', async ({
    stage,
  }) => {
    const { cli } = stage;
    const id = await leaveKilled('a.jsonl', stage);
    const elsewhere = { OPENAI_BASE_URL: 'https://api.openai.com/v1' };
    const { stdout } = await cli.run(['status', id, '--json'], elsewhere);

    expect(JSON.parse(stdout)).toMatchObject({ differs_in: ['base_url'], next_command: null });
  });
});

describe('openai-upload prune', () => {
  test('beside a push that is at work leaves it alone, and forgets it once it is done', async ({ stage }) => {
    const { server, cli } = stage;
    const push = await startPush('a.jsonl', stage);
    expect(await cli.run(['prune'], ALONE)).toMatchObject({
      code: 0,
      stdout: '',
      stderr: 'nothing to forget\n',
    });
    server.release('a.jsonl');
    const fileId = (await push.result).stdout.trim();
    expect(fileId).toMatch(/^file-/);

    const { code, stdout, stderr } = await cli.run(['prune'], ALONE);

    expect([code, stdout]).toEqual([0, '']);
    expect(stderr).toBe(`${push.id} (a.jsonl): forgotten, completed as ${fileId}\n`);
    expect(await readdir(cli.stateDir)).toEqual(['ledger', 'sources']);
    expect((await cli.run(['status', push.id], ALONE)).code).toBe(2);
  });
});

describe('openai-upload resume', () => {
  test('goes on with the only upload that was killed, and --all with all of them', async ({ stage }) => {
    const { server, cli } = stage;
    for (const name of ['a.jsonl', 'b.jsonl', 'c.jsonl']) await leaveKilled(name, stage);
    expect((await cli.run(['resume'])).code).toBe(2);
    expect((await cli.run(['cancel'])).code).toBe(2);
    expect(server.requests('part')).toHaveLength(9);

    const all = await cli.run(['resume', '--all']);

    // They were begun in the same second, and end in any order.
    const ids = server.files().map(({ id }) => id);
    expect([all.code, all.stdout.trimEnd().split('\n').sort()]).toEqual([0, ids.sort()]);
    expect(server.requests('part')).toHaveLength(12);

    await leaveKilled('d.jsonl', stage);
    const one = await cli.run(['resume']);
    expect([one.code, one.stdout]).toEqual([0, `${server.files().at(-1)?.id}\n`]);
  });
});

/** Of every file in a folder. */
async function contentsOf(directory: string): Promise<readonly (readonly [string, string])[]> {
  const entries = await readdir(directory, { recursive: true, withFileTypes: true });
  const paths = entries
    .filter((entry) => entry.isFile())
    .map(({ parentPath, name }) => join(parentPath, name));
  return Promise.all(paths.sort().map(async (path) => [path, await readFile(path, 'utf8')] as const));
}
