import { readdir, readFile, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { describe, expect } from 'vitest';
import { thisOwner } from '../../src/lock/owner.ts';
import { test } from '../helpers/fixtures.ts';

/** Of as many keys and profiles. */
const SETTINGS = [
  ['retries', '3'],
  ['partSize', '32MB'],
  ['concurrency', 'auto'],
  ['--profile', 'work', 'organization', 'org-1'],
  ['--profile', 'work', 'auth', 'api-key'],
  ['--profile', 'home', 'project', 'proj_1'],
] as const;

describe('openai-upload config set', () => {
  test('at once in several processes keeps what each of them was told', async ({ folder, cli }) => {
    const env = { OPENAI_UPLOAD_CONFIG_DIR: folder };

    const runs = await Promise.all(SETTINGS.map((words) => cli.run(['config', 'set', ...words], env)));

    expect(runs.map(({ code, stderr }) => [code, stderr])).toEqual(SETTINGS.map(() => [0, '']));
    expect(JSON.parse(await readFile(join(folder, 'config.json'), 'utf8'))).toEqual({
      retries: '3',
      partSize: '32MB',
      concurrency: 'auto',
      profiles: {
        work: { organization: 'org-1', auth: 'api-key' },
        home: { project: 'proj_1' },
      },
    });
    expect(await readdir(folder)).toEqual(['config.json']);
  });

  test('goes on after a process that was killed while it had its turn', async ({ folder, cli }) => {
    const env = { OPENAI_UPLOAD_CONFIG_DIR: folder };
    const dead = cli.start(['config', 'path'], env);
    const { pid } = dead.child;
    await dead.result;
    const lock = JSON.stringify({ ...thisOwner(), pid });
    await writeFile(join(folder, 'config.json.lock'), lock);

    expect(await cli.run(['config', 'set', 'retries', '3'], env)).toMatchObject({ code: 0, stderr: '' });
    expect(await readdir(folder)).toEqual(['config.json']);
  });
});
