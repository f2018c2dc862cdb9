import { type ChildProcess, execFile, spawn } from 'node:child_process';
import { once } from 'node:events';
import { readdir, readFile, utimes, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { text as readAll } from 'node:stream/consumers';
import { promisify } from 'node:util';
import { describe, expect } from 'vitest';
import { type Cli, test } from '../helpers/fixtures.ts';
import { makeFile } from '../helpers/make-file.ts';
import { PROGRAM, PROGRAM_ARGS, TAKES_HOOKS } from '../helpers/run-cli.ts';

const STRANGE_LINKS = new URL('../helpers/strange-links.mjs', import.meta.url);
const push = ['push', 'a.bin', '--purpose', 'vision', '--part-size', '50kB', '--concurrency', '1'];

/** As a container has it: a process namespace and a name of its own, here the same name for all. */
const CONTAINER = ['--pid', '--uts', '--fork', '--mount-proc', '--kill-child=SIGKILL'];
const NAMED = 'hostname runner && exec "$@"';
const canContain = await promisify(execFile)('unshare', [...CONTAINER, 'sh', '-c', NAMED, 'sh', 'true']).then(
  () => true,
  () => false,
);

interface Contained {
  readonly child: ChildProcess;
  readonly result: Promise<{
    readonly code: number | null;
    readonly stdout: string;
    readonly stderr: string;
  }>;
}

function startContained(args: readonly string[], folder: string, cli: Cli): Contained {
  const command = [...CONTAINER, 'sh', '-c', NAMED, 'sh', PROGRAM, ...PROGRAM_ARGS, ...args];
  const child = spawn('unshare', command, {
    cwd: folder,
    env: { PATH: process.env.PATH, ...cli.env },
    stdio: ['ignore', 'pipe', 'pipe'],
  });
  const result = Promise.all([readAll(child.stdout), readAll(child.stderr), once(child, 'close')]).then(
    ([stdout, stderr, [code]]) => ({ code, stdout, stderr }),
  );
  return { child, result };
}

describe('containers of one name, whose processes all have the id 1', () => {
  test.skipIf(!canContain)('do not take each other for dead', async ({ folder, server, cli }) => {
    await makeFile(join(folder, 'a.bin'), 100_000);
    server.addFaults({ call: 'part', nth: 2, kind: 'hold', label: 'first' });
    const first = startContained(push, folder, cli);
    await server.waitForHeld('first');

    const second = await startContained(push, folder, cli).result;
    expect(second).toMatchObject({ code: 11, stdout: '' });
    expect(second.stderr).toContain('process 1 on runner is working on ');
    expect((await cli.run(push)).code).toBe(11);

    server.release('first');
    expect(await first.result).toMatchObject({ code: 0 });
    expect(server.files()).toHaveLength(1);
  });

  test.skipIf(!canContain)(
    'take over from a killed one when its lock was not touched for a minute',
    async ({ folder, server, cli }) => {
      await makeFile(join(folder, 'a.bin'), 100_000);
      server.addFaults({ call: 'part', nth: 2, kind: 'hold', label: 'killed' });
      const first = startContained(push, folder, cli);
      await server.waitForHeld('killed');
      first.child.kill('SIGKILL');
      await first.result;
      server.release('killed');

      expect(await startContained(push, folder, cli).result).toMatchObject({ code: 11 });
      const names = (await readdir(cli.stateDir)).filter((name) => name.endsWith('.lock'));
      const then = Date.now() / 1000 - 70;
      for (const name of names) await utimes(join(cli.stateDir, name), then, then);
      expect(names).toHaveLength(1);
      expect(await startContained(push, folder, cli).result).toMatchObject({ code: 0 });
      expect(server.requests('create')).toHaveLength(1);
      expect(server.files()).toHaveLength(1);
    },
  );
});

describe('a process that sees the /proc of another namespace', () => {
  test.skipIf(!canContain)(
    'does not say of itself what it reads there of a stranger',
    async ({ folder, server, cli }) => {
      await makeFile(join(folder, 'a.bin'), 100_000);
      server.addFaults({ call: 'part', nth: 2, kind: 'hold', label: 'first' });
      const args = ['--pid', '--fork', '--kill-child=SIGKILL', PROGRAM, ...PROGRAM_ARGS, ...push];
      const child = spawn('unshare', args, { cwd: folder, env: { PATH: process.env.PATH, ...cli.env } });
      const closed = once(child, 'close');
      await server.waitForHeld('first');

      const [name = ''] = (await readdir(cli.stateDir)).filter((each) => each.endsWith('.lock'));
      const owner = JSON.parse(await readFile(join(cli.stateDir, name), 'utf8'));
      expect(owner).toMatchObject({ pid: 1, started: null });
      server.release('first');
      expect(await closed).toEqual([0, null]);
    },
  );
});

/** A network in which the name server is silent: what is sent to it comes back, and is dropped. */
const SILENT = 'mount --bind "$0" /etc/resolv.conf && ip link set lo up && ip route add 192.0.2.1 dev lo';
const IN_SILENCE = ['--map-root-user', '--net', '--mount', 'sh', '-c'];
const mayBeSilent = await promisify(execFile)('unshare', [...IN_SILENCE, SILENT, '/etc/hosts']).then(
  () => true,
  () => false,
);

/** Starts the command where the name server is silent. */
async function startInSilence(args: readonly string[], folder: string, cli: Cli) {
  const settings = join(folder, 'resolv.conf');
  await writeFile(settings, 'nameserver 192.0.2.1\noptions timeout:30\n');
  const env = { PATH: process.env.PATH, ...cli.env, OPENAI_BASE_URL: 'https://api.example/v1' };
  const command = [...IN_SILENCE, `${SILENT} && exec "$@"`, settings, PROGRAM, ...PROGRAM_ARGS, ...args];

  return spawn('unshare', command, { cwd: folder, env, stdio: ['ignore', 'pipe', 'pipe'] });
}

test.skipIf(!mayBeSilent)('a signal does not wait for a silent name server', async ({ folder, cli }) => {
  await makeFile(join(folder, 'a.bin'), 100);
  // What they report is more than a pipe holds, so most of it waits for its reader.
  const many = [...push, ...Array<string>(400).fill('a.bin'), '--json', '--verbose', '--stall-timeout', '1s'];
  const child = await startInSilence(many, folder, cli);
  const closed = once(child, 'close');

  let stdout: Promise<string> | undefined;
  let stderr = '';
  for await (const text of child.stderr.setEncoding('utf8')) {
    stderr += text;
    if (stderr.includes('To continue')) stdout ??= readAll(child.stdout);
    else if (stderr.includes('trying again') && !stderr.includes('stopping')) child.kill('SIGTERM');
  }
  expect(await closed).toEqual([null, 'SIGTERM']);
  expect(stderr).toContain('api.example: the host name could not be looked up (EAI_AGAIN)');
  expect((await stdout)?.match(/"exit_code":143.*\n/g)).toHaveLength(401);
});

/** An executable brings a Node that has it. */
const canReplaceItself = 'execve' in process || !TAKES_HOOKS;

test.skipIf(!mayBeSilent || !canReplaceItself)(
  'a failure does not wait for a silent name server',
  async ({ folder, cli }) => {
    await makeFile(join(folder, 'a.bin'), 100);
    const args = [...push, '--json', '--stall-timeout', '1s', '--retries', '0'];

    const child = await startInSilence(args, folder, cli);
    const closed = once(child, 'close');
    const [stdout, stderr] = await Promise.all([readAll(child.stdout), readAll(child.stderr)]);

    expect(stderr).toContain('api.example: the host name could not be looked up (EAI_AGAIN)');
    expect(await closed).toEqual([5, null]);
    expect(stdout.match(/"exit_code":5.*\n/g)).toHaveLength(1);
  },
);

describe.skipIf(!TAKES_HOOKS)('a state directory', () => {
  test.for([
    ['on a file system without links', 'none'],
    ['on one that says of a new link that it was there', 'lost'],
  ])('%s is locked all the same', async ([, links = ''], { folder, server, cli }) => {
    const env = { NODE_OPTIONS: `--import=${STRANGE_LINKS}`, LINKS: links };
    await makeFile(join(folder, 'a.bin'), 100_000);
    server.addFaults({ call: 'part', nth: 2, kind: 'hold', label: 'first' });
    const first = cli.start(push, env);
    await server.waitForHeld('first');

    expect((await cli.run(push, env)).code).toBe(11);
    server.release('first');
    expect((await first.result).code).toBe(0);
    expect((await readdir(cli.stateDir)).filter((name) => name.includes('lock'))).toEqual([]);
    expect(server.files()).toHaveLength(1);
  });

  test('on a file system without links is taken over from a dead process', async ({
    folder,
    server,
    cli,
  }) => {
    const env = { NODE_OPTIONS: `--import=${STRANGE_LINKS}`, LINKS: 'none' };
    await makeFile(join(folder, 'a.bin'), 100_000);
    server.addFaults({ call: 'part', nth: 2, kind: 'hold', label: 'killed' });
    const first = cli.start(push, env);
    await server.waitForHeld('killed');
    first.child.kill('SIGKILL');
    await first.result;
    server.release('killed');

    expect(await cli.run(push, env)).toMatchObject({ code: 0 });
    expect(server.requests('create')).toHaveLength(1);
  });
});
