import { spawn, spawnSync } from 'node:child_process';
import { once } from 'node:events';
import { chmod, chown, mkdir, symlink, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { text } from 'node:stream/consumers';
import { describe, expect } from 'vitest';
import { configPath } from '../../src/cli/config/config-file.ts';
import { test } from '../helpers/fixtures.ts';
import { lacks } from '../helpers/lacks.ts';
import { makeFile } from '../helpers/make-file.ts';
import { PROGRAM, PROGRAM_ARGS } from '../helpers/run-cli.ts';

const NOBODY = 65534;
/** Root can look into any home. */
const somebodyElse = process.getuid?.() === 0 ? { uid: NOBODY, gid: NOBODY } : {};
/** Who may not even look where the program is, if that is a folder of root's alone, cannot be asked. */
const canRun = spawnSync(PROGRAM, [...PROGRAM_ARGS, '--version'], { cwd: '/', ...somebodyElse }).status === 0;

/** Runs the binary as somebody who cannot look into the home. */
async function runIn(home: string, line: string, more: NodeJS.ProcessEnv = {}) {
  const child = spawn(PROGRAM, [...PROGRAM_ARGS, ...line.split(' ')], {
    cwd: '/',
    env: { PATH: process.env.PATH, HOME: home, OPENAI_UPLOAD_STATE_DIR: '/nowhere', ...more },
    stdio: ['ignore', 'pipe', 'pipe'],
    ...somebodyElse,
  });
  const [stdout, stderr, [code]] = await Promise.all([
    text(child.stdout),
    text(child.stderr),
    once(child, 'close'),
  ]);
  return { code, stdout, stderr };
}

describe.skipIf(!canRun || lacks('modes'))('a home that belongs to somebody else', () => {
  test('is told, and nothing of its configuration is taken', async ({ folder }) => {
    const home = join(folder, 'home');
    await mkdir(home);
    await chmod(folder, 0o755);
    await chmod(home, 0);
    const path = configPath({ platform: process.platform, env: {}, home });
    try {
      const { code, stdout, stderr } = await runIn(home, 'list');
      expect([code, stdout]).toEqual([0, '']);
      expect(stderr).toMatch(`the configuration ${path} cannot be read: EACCES`);
      expect(stderr).toMatch(/; continuing without it\n$/);
      expect((await runIn(home, 'list --quiet')).stderr).toBe('');

      const asked = { OPENAI_UPLOAD_CONFIG_DIR: join(home, 'mine') };
      expect((await runIn(home, 'list', asked)).code).toBe(10);
      expect((await runIn(home, 'config list')).code).toBe(10);
      expect((await runIn(home, 'list --profile eu')).code).toBe(10);
    } finally {
      await chmod(home, 0o700);
    }
  });
});

test.skipIf(lacks('modes')).for<[string, NodeJS.ProcessEnv]>([
  ['is no folder', { HOME: 'file' }],
  ['has a link to itself for its caches', { HOME: '.', XDG_CACHE_HOME: 'loop' }],
])('a home that %s keeps no command from its work', async ([, env], { folder, cli }) => {
  await writeFile(join(folder, 'file'), '');
  await symlink('loop', join(folder, 'loop'));
  const inFolder = Object.entries(env).map(([name, path]) => [name, join(folder, `${path}`)]);
  // In the home, compiled code is looked for.
  const compiling = { CI: undefined, NODE_COMPILE_CACHE: undefined };
  const result = await cli.run(['list'], { ...compiling, ...Object.fromEntries(inFolder) });

  expect(result).toEqual({
    code: 0,
    signal: null,
    stdout: '',
    stderr: '',
  });
});

/** As containers have them, who are given a number and nothing else. */
const NAMELESS = 12_345;

describe.skipIf(!canRun || process.getuid?.() !== 0)('a user who has no name and no home', () => {
  test('needs neither where flags and variables say where things are', async ({ folder, server }) => {
    await chmod(folder, 0o755);
    const path = join(folder, 'a.bin');
    await makeFile(path, 1000);
    const own = join(folder, 'own');
    await mkdir(own);
    await chown(own, NAMELESS, NAMELESS);

    const run = async (...args: readonly string[]) => {
      const child = spawn(PROGRAM, [...PROGRAM_ARGS, ...args], {
        cwd: '/',
        env: {
          PATH: process.env.PATH,
          OPENAI_API_KEY: server.apiKey,
          OPENAI_BASE_URL: server.baseUrl,
          OPENAI_UPLOAD_CONFIG_DIR: join(own, 'config'),
        },
        stdio: ['ignore', 'pipe', 'pipe'],
        uid: NAMELESS,
        gid: NAMELESS,
      });
      const [stderr, [code]] = await Promise.all([text(child.stderr), once(child, 'close')]);
      return [code, stderr];
    };

    expect(await run('config', 'set', 'partSize', '1MB')).toEqual([0, '']);
    const state = ['--state-dir', join(own, 'state'), '--quiet'];
    expect(await run('push', path, '--purpose', 'vision', ...state)).toEqual([0, '']);
    expect(await run('prune', ...state)).toEqual([0, '']);
    expect(server.files()).toHaveLength(1);
  });
});
