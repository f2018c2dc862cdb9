import { readdir } from 'node:fs/promises';
import module from 'node:module';
import { join } from 'node:path';
import { describe, expect } from 'vitest';
import { test } from '../helpers/fixtures.ts';
import { lacks } from '../helpers/lacks.ts';
import { TAKES_HOOKS } from '../helpers/run-cli.ts';

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

async function namesIn(directory: string): Promise<readonly string[]> {
  return readdir(directory).catch(() => []);
}
