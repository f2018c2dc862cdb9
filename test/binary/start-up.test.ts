import { readdir, writeFile } from 'node:fs/promises';
import module from 'node:module';
import { join } from 'node:path';
import { describe, expect } from 'vitest';
import { test } from '../helpers/fixtures.ts';
import { lacks } from '../helpers/lacks.ts';
import { TAKES_HOOKS } from '../helpers/run-cli.ts';
import { runMain } from '../helpers/run-main.ts';

/** Node 20 keeps none, and an executable has its own inside. */
const canKeep = TAKES_HOOKS && 'enableCompileCache' in module;

describe.skipIf(lacks('linux'))('compiled code', () => {
  test(`is ${canKeep ? '' : 'not '}kept in the cache directory`, async ({ cli, folder }) => {
    const cache = join(folder, 'cache');

    expect((await cli.run(['list'], { XDG_CACHE_HOME: cache })).code).toBe(0);

    expect(await namesIn(cache)).toEqual(canKeep ? ['openai-upload'] : []);
  });

  test.for([
    { CI: 'true' },
    { NODE_DISABLE_COMPILE_CACHE: '1' },
    { NODE_COMPILE_CACHE: '/dev/null/nowhere' },
  ])('is not kept there with %o', async (env, { cli, folder }) => {
    const cache = join(folder, 'cache');

    expect((await cli.run(['list'], { ...env, XDG_CACHE_HOME: cache })).code).toBe(0);

    expect(await namesIn(cache)).toEqual([]);
  });
});

test('the help is what the commands declare', async ({ cli }) => {
  const { stdout } = await runMain(['--help']);

  for (const flag of ['-h', '--help']) {
    expect(await cli.run([flag])).toMatchObject({ code: 0, stdout, stderr: '' });
  }
});

test.skipIf(!TAKES_HOOKS)(
  'list does without the modules of Node that load slowly',
  async ({ cli, folder }) => {
    const hook = join(folder, 'hook.cjs');
    await writeFile(hook, "process.on('exit', () => console.log(process.moduleLoadList.join('\\n')));\n");

    const { stdout } = await cli.run(['list'], { NODE_OPTIONS: `--require=${hook}` });

    const slow = ['crypto', 'fs/promises', 'http', 'child_process', 'worker_threads'];
    const loaded = stdout.split('\n').map((line) => line.replace('NativeModule ', ''));
    expect(slow.filter((name) => loaded.includes(name))).toEqual([]);
  },
);

async function namesIn(directory: string): Promise<readonly string[]> {
  return readdir(directory).catch(() => []);
}
