import { createHash } from 'node:crypto';
import { open, readdir, readFile, rename, stat, utimes, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { describe, expect } from 'vitest';
import { test as base, type Cli } from '../helpers/fixtures.ts';
import { batchLines } from '../helpers/jsonl.ts';
import { lacks } from '../helpers/lacks.ts';
import { makeFile } from '../helpers/make-file.ts';
import { type CliResult, type CliRun, startCli } from '../helpers/run-cli.ts';
import type { UploadsServer } from '../helpers/uploads-server/uploads-server.ts';

const FLAGS = [
  '--filename',
  'a.jsonl',
  '--purpose',
  'user_data',
  '--part-size',
  '1000',
  '--concurrency',
  '1',
];
const PUSH = ['push', '-', ...FLAGS];
const BYTES = Buffer.from(Array.from({ length: 2500 }, (_, n) => (n * 7) % 251));
const MD5 = createHash('md5').update(BYTES).digest('hex');

interface Stage {
  readonly server: UploadsServer;
  readonly cli: Cli;
  /** The files in the folder of spools. */
  readonly spools: () => Promise<readonly string[]>;
}

const test = base.extend<{ stage: Stage }>({
  stage: ({ server, cli }, use) => {
    const spools = () => readdir(join(cli.stateDir, 'spool')).catch(() => []);
    return use({ server, cli, spools });
  },
});

/** A push of a pipe that is at work: two of three parts are acknowledged, the third has no answer yet. */
async function startPush({ server, cli }: Stage, label: string) {
  server.addFaults({ call: 'part', nth: 3, kind: 'hold', label });
  const run = cli.pipe(PUSH);
  run.child.stdin?.end(BYTES);
  await server.waitForHeld(label);
  return { ...run, id: server.uploads()[0]?.id ?? '' };
}

/** @returns the upload's id */
async function leave(stage: Stage, signal: NodeJS.Signals) {
  const { child, result, id } = await startPush(stage, signal);
  child.kill(signal);
  const ended = await result;
  stage.server.release(signal);
  return { id, ended };
}

/** A push whose pipe has given something and stays open. */
async function startReading({ cli }: Stage, before: () => Promise<boolean>): Promise<CliRun> {
  const run = cli.pipe([...PUSH, '--progress', 'json']);
  run.child.stdin?.on('error', () => undefined).write(BYTES);
  await run.waitForStderr(`"bytes":${BYTES.length}`);
  expect(await before()).toBe(true);
  return run;
}

describe('openai-upload push -', () => {
  test('uploads what comes through a pipe, under the name it is given, and leaves nothing behind', async ({
    stage,
  }) => {
    const { server, cli, spools } = stage;
    const run = cli.pipe([...PUSH, '--json']);
    for (let at = 0; at < BYTES.length; at += 500) run.child.stdin?.write(BYTES.subarray(at, at + 500));
    run.child.stdin?.end();
    const { code, stdout, stderr } = await run.result;

    const [file] = server.files();
    expect(code, stderr).toBe(0);
    expect(JSON.parse(stdout)).toMatchObject({
      status: 'completed',
      path: '-',
      filename: 'a.jsonl',
      bytes: 2500,
      md5: MD5,
      file_id: file?.id,
    });
    expect(file?.filename).toBe('a.jsonl');
    expect(server.fileMd5(file?.id ?? '')).toBe(MD5);
    expect(stderr).toContain('a.jsonl: reading standard input');
    expect(await spools()).toEqual([]);
  });

  test('is whole when it is large', async ({ stage, folder }) => {
    const { server, cli } = stage;
    const md5 = await makeFile(join(folder, 'big'), 100_000_000);
    const big = await readFile(join(folder, 'big'));
    const run = cli.pipe(['push', '-', '--filename', 'big', '--purpose', 'vision']);
    run.child.stdin?.end(big);
    expect(await run.result).toMatchObject({ code: 0 });
    expect(server.fileMd5(server.files()[0]?.id ?? '')).toBe(md5);
  });

  test.skipIf(lacks('modes'))('keeps the bytes for their owner alone', async ({ stage }) => {
    const run = await startPush(stage, 'third');
    const folder = join(stage.cli.stateDir, 'spool');
    expect((await stat(folder)).mode & 0o777).toBe(0o700);
    for (const name of await stage.spools())
      expect((await stat(join(folder, name))).mode & 0o777).toBe(0o600);
    expect((await stage.spools()).length).toBeGreaterThan(0);
    stage.server.release('third');
    expect((await run.result).code).toBe(0);
  });

  test('knows a file of that name from standard input', async ({ stage, folder }) => {
    await writeFile(join(folder, '-'), BYTES);
    const { code } = await stage.cli.run(['push', './-', '--purpose', 'vision']);
    expect(code).toBe(0);
    expect(stage.server.files()[0]).toMatchObject({ filename: '-', bytes: 2500 });
    expect(await readFile(join(folder, '-'))).toEqual(BYTES);
  });

  for (const [what, args, says] of [
    ['without a name', ['push', '-', '--purpose', 'user_data'], '--filename'],
    ['twice', [...PUSH, '-'], 'cannot be combined with other files'],
    ['beside another file', ['push', 'b', ...PUSH.slice(1)], 'cannot be combined with other files'],
    [
      'with an empty name',
      ['push', '-', '--purpose', 'user_data', '--filename', ''],
      'It must not be empty.',
    ],
  ] as const) {
    test(`is refused ${what}, before a byte is read`, async ({ stage }) => {
      const { code, stderr } = await stage.cli.run(args);
      expect(code).toBe(2);
      expect(stderr).toContain(says);
      expect(await stage.spools()).toEqual([]);
    });
  }

  test('of nothing is refused, with no request', async ({ stage }) => {
    const { code, stdout, stderr } = await stage.cli.run([...PUSH, '--json']);
    expect(code).toBe(3);
    expect(JSON.parse(stdout)).toMatchObject({ path: '-', upload_id: null, error: { code: 'source_empty' } });
    const why = lacks('pipes') ? '' : ': standard input is closed, or is /dev/null';
    expect(stderr).toContain(`the input for a.jsonl is empty${why}\n`);
    expect(stage.server.requests()).toEqual([]);
    expect(await stage.spools()).toEqual([]);
  });

  test('of what is not fit for its purpose is refused, with no request', async ({ stage }) => {
    const run = stage.cli.pipe(['push', '-', '--filename', 'a.jsonl', '--purpose', 'batch', '--json']);
    run.child.stdin?.end('{}\n{\n');
    const { code, stdout, stderr } = await run.result;
    expect(code).toBe(3);
    expect(JSON.parse(stdout)).toMatchObject({ path: '-', upload_id: null, error: { code: 'check_failed' } });
    expect(stderr).toContain('openai-upload: a.jsonl is not valid for batch');
    expect(stderr).toContain('line 2, column 2: expected ');
    expect(stage.server.requests()).toEqual([]);
    expect(await stage.spools()).toEqual([]);
  });

  test('of an empty pipe is refused', async ({ stage }) => {
    const run = stage.cli.pipe(PUSH);
    run.child.stdin?.end();
    const { code, stderr } = await run.result;
    expect(code).toBe(3);
    expect(stderr).toContain('the input for a.jsonl is empty\n');
  });

  for (const args of [
    PUSH,
    [...PUSH, '--dry-run'],
    ['check', '-', '--filename', 'a.jsonl', '--purpose', 'batch'],
  ]) {
    test(`of a directory is refused: ${args.join(' ')}`, async ({ stage, folder }) => {
      const directory = await open(folder);
      const { code, stderr } = await startCli(args, stage.cli.env, folder, directory.fd).result;
      await directory.close();
      expect(code).toBe(3);
      expect(stderr).toContain('the input for a.jsonl is a directory (EISDIR)');
      expect(await stage.spools()).toEqual([]);
    });
  }

  test('--dry-run reads it, looks at it, and keeps nothing', async ({ stage }) => {
    const run = stage.cli.pipe([...PUSH, '--dry-run', '--json'], { OPENAI_API_KEY: '' });
    run.child.stdin?.end(BYTES);
    const { code, stdout, stderr } = await run.result;
    expect(code, stderr).toBe(0);
    expect(JSON.parse(stdout)).toMatchObject({
      status: 'planned',
      path: '-',
      filename: 'a.jsonl',
      bytes: 2500,
      parts: 3,
      continues: null,
    });
    expect(stderr).toContain('a.jsonl: 2.5 kB in 3 parts of 1.0 kB');
    expect(stage.server.requests()).toEqual([]);
    expect(await stage.spools()).toEqual([]);
  });

  test('--dry-run refuses what is not fit', async ({ stage }) => {
    const run = stage.cli.pipe(['push', '-', '--filename', 'a.jsonl', '--purpose', 'batch', '--dry-run']);
    run.child.stdin?.end('{}\n{\n');
    const { code, stderr } = await run.result;
    expect(code).toBe(3);
    expect(stderr).toContain('openai-upload: a.jsonl is not valid for batch');
  });

  test.skipIf(lacks('signals'))(
    'stopped by SIGINT while it reads makes no request and leaves nothing behind',
    async ({ stage }) => {
      const run = await startReading(stage, async () => (await stage.spools()).length > 0);
      run.child.kill('SIGINT');
      expect((await run.result).code).toBe(130);
      expect(stage.server.requests()).toEqual([]);
      expect(await stage.spools()).toEqual([]);
    },
  );

  test('cannot write: ends with 10 and says where', async ({ stage, folder }) => {
    await writeFile(join(folder, 'file'), '');
    const stateDir = join(folder, 'file', 'state');
    const run = stage.cli.pipe(PUSH, { OPENAI_UPLOAD_STATE_DIR: stateDir });
    run.child.stdin?.on('error', () => undefined).end(BYTES);
    const { code, stderr } = await run.result;
    expect(code).toBe(10);
    expect(stderr).toContain(join(stateDir, 'spool'));
  });
});

describe('openai-upload check -', () => {
  const CHECK = ['check', '-', '--filename', 'a.jsonl', '--purpose', 'batch'];

  for (const [what, text, code, says] of [
    ['fit', `${batchLines(3).join('\n')}\n`, 0, /^a\.jsonl: valid for batch, .* 3 lines\n$/m],
    ['not fit', '{}\n{\n', 3, /^openai-upload: a\.jsonl is not valid for batch: .* errors/m],
  ] as const) {
    test(`says of a pipe that is ${what}`, async ({ stage, folder }) => {
      await writeFile(join(folder, 'a.jsonl'), text);
      const ofFile = await stage.cli.run(['check', 'a.jsonl', '--purpose', 'batch', '--json']);
      const run = stage.cli.pipe([...CHECK, '--json']);
      run.child.stdin?.end(text);
      const ended = await run.result;

      expect(ended.code).toBe(code);
      expect(ended.stderr).toMatch(says);
      const { error, ...found } = JSON.parse(ended.stdout);
      expect(found).toEqual({ ...JSON.parse(ofFile.stdout), path: '-', error: undefined });
      expect(error?.code).toBe(code === 0 ? undefined : 'check_failed');
      expect(await stage.spools()).toEqual([]);
    });
  }

  test('knows what is too large, though it learns the size last', async ({ stage }) => {
    const run = stage.cli.pipe(['check', '-', '--filename', 'a', '--purpose', 'user_data', '--json']);
    run.child.stdin?.end(Buffer.alloc(50_000_001));
    const { code, stdout } = await run.result;
    expect(code).toBe(0);
    expect(JSON.parse(stdout)).toMatchObject({ bytes: 50_000_001, warnings: [{ code: 'too_large' }] });
  });

  test('needs a name', async ({ stage }) => {
    const { code, stderr } = await stage.cli.run(['check', '-', '--purpose', 'batch']);
    expect(code).toBe(2);
    expect(stderr).toContain('give it one with --filename');
  });
});

describe('what a pipe has given, when its upload is over and has made no file', () => {
  const body = { error: { message: "The file's MD5 is a, not b." } };
  const isWrong = { call: 'complete', nth: 1, kind: 'status', status: 400, body } as const;

  /** Pushes what is kept by the command that is told. */
  async function pushKept(
    { cli, server, spools }: Stage,
    { stdout, stderr, code }: CliResult,
    flags: string,
  ) {
    expect(code, stderr).toBe(9);
    const { error, upload_id: uploadId } = JSON.parse(stdout);
    const [spool = ''] = await spools();
    const path = join(cli.stateDir, 'spool', spool);
    expect(error.resume_command).toBe(
      `openai-upload push --purpose user_data --filename a.jsonl ${flags}${path}`,
    );
    expect(stderr).toContain(`The data is kept for 7 days in ${path}`);
    expect(server.uploads().find(({ id }) => id === uploadId)?.status).toBe('cancelled');
    const status = async () => JSON.parse((await cli.run(['status', uploadId, '--json'])).stdout);
    // The size of the parts is an option of the run, which a record does not have.
    const command = error.resume_command.replace('--part-size 1000 ', '');
    expect(await status()).toMatchObject({ spool: path, next: 'push', next_command: command });

    await rename(path, `${path}.aside`);
    expect(await status()).toMatchObject({ spool: null, next_command: command.replace(path, '-') });
    await rename(`${path}.aside`, path);

    const then = await cli.run([...error.resume_command.split(' ').slice(1), '--json']);
    expect(then.code, then.stderr).toBe(0);
    expect(server.fileMd5(JSON.parse(then.stdout).file_id)).toBe(MD5);
    expect(await spools()).toEqual([]);
  }

  test('is kept, and pushed without the pipe', async ({ stage }) => {
    stage.server.addFaults(isWrong);
    const run = stage.cli.pipe([...PUSH, '--json']);
    run.child.stdin?.end(BYTES);
    await pushKept(stage, await run.result, '--part-size 1000 ');
  });

  test('is kept when the server says that it was cancelled', async ({ stage }) => {
    const { server, cli, spools } = stage;
    const gone = { error: { message: 'The upload is already cancelled.' } };
    server.addFaults({ call: 'part', nth: 2, kind: 'status', status: 400, body: gone });
    const run = cli.pipe([...PUSH, '--json']);
    run.child.stdin?.end(BYTES);
    const { error } = JSON.parse((await run.result).stdout);
    expect(error.code).toBe('upload_cancelled');

    const then = await cli.run(error.resume_command.split(' ').slice(1));
    expect(then.code, then.stderr).toBe(0);
    expect(server.fileMd5(then.stdout.trim())).toBe(MD5);
    expect(await spools()).toEqual([]);
  });

  test('is deleted by cancel', async ({ stage }) => {
    const { server, cli, spools } = stage;
    server.addFaults(isWrong);
    const run = cli.pipe([...PUSH, '--json']);
    run.child.stdin?.end(BYTES);
    const { upload_id: uploadId } = JSON.parse((await run.result).stdout);
    expect(await spools()).not.toEqual([]);

    const { code, stderr } = await cli.run(['cancel', uploadId]);
    expect(code, stderr).toBe(0);
    expect(await spools()).toEqual([]);
    expect(await cli.run(['status', uploadId, '--json'])).toMatchObject({
      stdout: expect.stringContaining('"spool":null'),
    });
  });

  test('is kept by a resume, too', async ({ stage }) => {
    const { server, cli } = stage;
    server.addFaults({ call: 'part', nth: 2, kind: 'status', status: 400 }, isWrong);
    const run = cli.pipe([...PUSH, '--json']);
    run.child.stdin?.end(BYTES);
    const { upload_id: uploadId } = JSON.parse((await run.result).stdout);
    await pushKept(stage, await cli.run(['resume', uploadId, '--json']), '');
  });
});

/** Windows has no modes: whoever may write a file may do all. */
const OWN = lacks('modes') ? 0o666 : 0o600;

describe('what a pipe has given, when there is no upload for it', () => {
  /** @returns the command that is told, as words */
  async function refuse({ server, cli }: Stage, status: number, flags: readonly string[] = []) {
    server.addFaults({ call: 'create', nth: 1, kind: 'status', status });
    const run = cli.pipe([...PUSH, '--json', '--retries', '0', ...flags]);
    run.child.stdin?.end(BYTES);
    const ended = await run.result;
    const command: string = JSON.parse(ended.stdout).error.resume_command;
    return { ...ended, command, words: command.split(' ').slice(1) };
  }

  for (const [status, code] of [
    [500, 5],
    [400, 6],
    [401, 7],
  ] as const) {
    test(`is kept after a ${status}, pushed without the pipe by the command that is told, and then gone`, async ({
      stage,
    }) => {
      const { server, cli, spools } = stage;
      const refused = await refuse(stage, status, ['--no-md5', '--expires-after', '2d']);
      expect(refused.code).toBe(code);
      const [spool = ''] = await spools();
      const path = join(cli.stateDir, 'spool', spool);
      expect(refused.command).toBe(
        `openai-upload push --purpose user_data --filename a.jsonl --expires-after 172800s --part-size 1000 --no-md5 ${path}`,
      );
      expect(refused.stderr).toContain(`The data is kept for 7 days in ${path}`);
      expect(refused.stderr).toContain(`\n  Run: ${refused.command}\n`);
      expect(refused.stderr).not.toContain('same command again');
      for (const name of await spools())
        expect((await stat(join(cli.stateDir, 'spool', name))).mode & 0o777).toBe(OWN);

      const { code: then, stdout, stderr } = await cli.run([...refused.words, '--json']);

      expect(then, stderr).toBe(0);
      const [file] = server.files();
      expect(JSON.parse(stdout)).toMatchObject({ path: '-', filename: 'a.jsonl', file_id: file?.id });
      expect(server.fileMd5(file?.id ?? '')).toBe(MD5);
      expect(await spools()).toEqual([]);
    });
  }

  test.skipIf(lacks('signals'))(
    'is kept when it is stopped by SIGINT before there is an upload',
    async ({ stage }) => {
      const { server, cli, spools } = stage;
      server.addFaults({ call: 'create', nth: 1, kind: 'hold', label: 'create' });
      const run = cli.pipe(PUSH);
      run.child.stdin?.end(BYTES);
      await server.waitForHeld('create');
      run.child.kill('SIGINT');
      const { code, stderr } = await run.result;
      server.release('create');
      expect(code).toBe(130);
      const [, words = ''] = /Run: openai-upload (.*)\n/.exec(stderr) ?? [];
      expect((await cli.run(words.split(' '))).code).toBe(0);
      expect(server.fileMd5(server.files()[0]?.id ?? '')).toBe(MD5);
      expect(await spools()).toEqual([]);
    },
  );

  test('survives a second failure, and a part that fails can be resumed', async ({ stage }) => {
    const { server, cli, spools } = stage;
    const { words } = await refuse(stage, 500);
    server.addFaults({ call: 'create', nth: 2, kind: 'status', status: 401 });
    const again = await cli.run(words);
    expect(again.code).toBe(7);
    expect(again.stderr).toContain('same command again');
    server.addFaults({ call: 'part', nth: 3, kind: 'status', status: 400 });
    expect((await cli.run([...words, '--concurrency', '1'])).code).toBe(6);
    expect((await cli.run(['resume'])).code).toBe(0);
    expect(server.fileMd5(server.files()[0]?.id ?? '')).toBe(MD5);
    expect(await spools()).toEqual([]);
  });

  test('is named by prune and left alone, also by the next push, until it is a week old', async ({
    stage,
  }) => {
    const { cli, spools } = stage;
    await refuse(stage, 400);
    const left = await spools();
    const pruned = await cli.run(['prune']);
    expect(pruned.stderr).toMatch(/: kept, 2\.5 kB of a push that made no file; push it, or delete it\n$/);
    const next = cli.pipe(PUSH);
    next.child.stdin?.end(BYTES);
    expect((await next.result).code).toBe(0);
    expect(await spools()).toEqual(left);

    const weekAgo = Date.now() / 1000 - 7 * 86_400 - 1;
    for (const name of left) await utimes(join(cli.stateDir, 'spool', name), weekAgo, weekAgo);
    expect((await cli.run(['prune'])).stderr).toMatch(/: deleted, 2\.5 kB of a push that made no file\n$/);
    expect(await spools()).toEqual([]);
  });
});

describe('what a pipe has given', () => {
  for (const signal of ['SIGKILL', 'SIGINT'] as const) {
    test.skipIf(signal === 'SIGINT' && lacks('signals'))(
      `is resumed without the pipe after ${signal}, and then gone`,
      async ({ stage }) => {
        const { server, cli, spools } = stage;
        const { id, ended } = await leave(stage, signal);
        expect(ended.code).toBe(signal === 'SIGINT' ? 130 : null);
        if (signal === 'SIGINT') expect(ended.stderr).toContain(`openai-upload resume ${id}`);
        expect((await spools()).length).toBeGreaterThan(0);

        const { code, stdout, stderr } = await cli.run(['resume', '--json']);

        expect(code, stderr).toBe(0);
        expect(JSON.parse(stdout)).toMatchObject({ upload_id: id, path: '-', parts_resumed: 2, md5: MD5 });
        expect(server.fileMd5(server.files()[0]?.id ?? '')).toBe(MD5);
        expect(await spools()).toEqual([]);
      },
    );
  }

  test('is gone after a cancel', async ({ stage }) => {
    const { id } = await leave(stage, 'SIGKILL');
    expect((await stage.cli.run(['cancel', id])).code).toBe(0);
    expect(await stage.spools()).toEqual([]);
    const { stdout } = await stage.cli.run(['status', id, '--json']);
    expect(JSON.parse(stdout)).toMatchObject({
      path: '-',
      spool: null,
      next: 'push',
      next_command: expect.stringMatching(/^openai-upload push --purpose user_data --filename a\.jsonl -$/),
    });
  });

  test('is shown by status, with where it is', async ({ stage }) => {
    const { id } = await leave(stage, 'SIGKILL');
    const { stdout } = await stage.cli.run(['status', id]);
    const path = join(stage.cli.stateDir, 'spool', (await stage.cli.record(id)).spool ?? '');
    expect(stdout).toContain(`standard input, kept in ${path}, which is unchanged`);
  });

  test('is kept for a start over when the upload has expired, and pruned with it', async ({ stage }) => {
    const { id } = await leave(stage, 'SIGKILL');
    const record = join(stage.cli.stateDir, `${id}.json`);
    const saved = await stage.cli.record(id);
    await writeFile(record, JSON.stringify({ ...saved, expiresAt: saved.createdAt - 1 }));
    expect((await stage.cli.run(['resume', id])).code).toBe(8);
    expect(await stage.spools()).toContain(saved.spool);

    await stage.cli.run(['prune']);
    expect(await stage.spools()).toEqual([]);
  });

  test('is started over from what is kept', async ({ stage }) => {
    const { id } = await leave(stage, 'SIGKILL');
    const saved = await stage.cli.record(id);
    await writeFile(
      join(stage.cli.stateDir, `${id}.json`),
      JSON.stringify({ ...saved, expiresAt: saved.createdAt - 1 }),
    );
    const { code, stderr } = await stage.cli.run(['resume', id, '--restart']);
    expect(code, stderr).toBe(0);
    expect(stage.server.fileMd5(stage.server.files()[0]?.id ?? '')).toBe(MD5);
    expect(await stage.spools()).toEqual([]);
  });

  test('is cleared away by the next push when its process was killed while it read', async ({ stage }) => {
    const killed = await startReading(stage, async () => (await stage.spools()).length === 2);
    const left = await stage.spools();
    killed.child.kill('SIGKILL');
    await killed.result;
    expect(await stage.spools()).toEqual(left);

    const next = await startReading(
      stage,
      async () => !(await stage.spools()).some((name) => left.includes(name)),
    );
    next.child.stdin?.end();
    expect((await next.result).code).toBe(0);
  });

  test('is cleared away by prune when its process was killed, and not while it lives', async ({ stage }) => {
    const run = await startReading(stage, async () => true);
    const left = await stage.spools();
    expect((await stage.cli.run(['prune'])).stderr).toBe('nothing to forget\n');
    expect(await stage.spools()).toEqual(left);
    run.child.kill('SIGKILL');
    await run.result;

    const dry = await stage.cli.run(['prune', '--dry-run']);
    expect(dry.stderr).toMatch(/would be deleted, 2\.5 kB of a push that was killed/);
    expect(await stage.spools()).toEqual(left);
    expect((await stage.cli.run(['prune'])).stderr).toMatch(/deleted, 2\.5 kB/);
    expect(await stage.spools()).toEqual([]);
  });
});
