import { mkdir, readdir, rm, stat, symlink, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { describe, expect, it } from 'vitest';
import { systemClock } from '../../../src/model/clock.ts';
import { createFileStore } from '../../../src/sessions/file-store.ts';
import { lacks } from '../../helpers/lacks.ts';
import { errorOf, temporaryFolder } from '../../helpers/temporary.ts';

async function setUp() {
  const directory = join(await temporaryFolder(), 'state');
  return { directory, store: createFileStore(directory, systemClock) };
}

describe('a store of files', () => {
  it.skipIf(lacks('modes'))('makes its directory with the first write, for the user alone', async () => {
    const { directory, store } = await setUp();
    expect(await store.names()).toEqual([]);
    expect(await store.read('a')).toBeUndefined();
    await store.write('a', { n: 1, 'a.b': [null] });
    expect(await store.read('a')).toEqual({ n: 1, 'a.b': [null] });
    expect(await store.names()).toEqual(['a']);
    expect((await stat(directory)).mode & 0o777).toBe(0o700);
    expect((await stat(join(directory, 'a.json'))).mode & 0o777).toBe(0o600);
  });

  it('gives what another process has written since', async () => {
    const { directory, store } = await setUp();
    await store.write('a', { n: 1 });
    expect(await store.read('a')).toEqual({ n: 1 });
    await createFileStore(directory, systemClock).write('a', { n: 2 });
    expect(await store.read('a')).toEqual({ n: 2 });
    await store.write('a', { n: 3 });
    expect(await createFileStore(directory, systemClock).read('a')).toEqual({ n: 3 });
  });

  it('removes a value, and what a killed writer has left beside it', async () => {
    const { directory, store } = await setUp();
    await store.write('a', { n: 1 });
    await writeFile(join(directory, 'a.json.tmp-123'), '{');
    await store.remove('a');
    await store.remove('a');
    expect(await readdir(directory)).toEqual([]);
    await store.write('a', { n: 2 });
    expect(await store.read('a')).toEqual({ n: 2 });
  });

  it.each(['', '{', 'null', '[]', '"text"', '5', '\0\0\0\0'])(
    'does not take %j for a value, and leaves it',
    async (text) => {
      const { directory, store } = await setUp();
      await mkdir(directory);
      await writeFile(join(directory, 'a.json'), text);
      expect(await errorOf(() => store.read('a'))).toMatchObject({
        code: 'session_corrupt',
        message: expect.stringContaining(join(directory, 'a.json')),
      });
      expect(await readdir(directory)).toEqual(['a.json']);
    },
  );

  it.skipIf(lacks('links'))('follows no link, neither to read nor to write', async () => {
    const { directory, store } = await setUp();
    await store.write('a', { n: 1 });
    await rm(join(directory, 'a.json'));
    await writeFile(join(directory, 'elsewhere'), '{}');
    await symlink(join(directory, 'elsewhere'), join(directory, 'a.json'));
    expect(await errorOf(() => store.read('a'))).toMatchObject({ code: 'session_corrupt' });
    expect(await errorOf(() => store.write('a', { n: 2 }))).toMatchObject({ code: 'session_corrupt' });
  });

  it('has a lock for a name, with a value or without', async () => {
    const { directory, store } = await setUp();
    const taken = await store.lock('a');
    expect(await store.lock('a')).toMatchObject({ pid: process.pid });
    expect(await store.owner('a')).toMatchObject({ pid: process.pid });
    expect(await store.owner('b')).toBeNull();
    if (!('release' in taken)) throw new Error('it was not free');
    expect(await taken.isHeld()).toBe(true);
    await taken.release();
    expect(await taken.isHeld()).toBe(false);
    expect(await store.owner('a')).toBeNull();
    expect(await readdir(directory)).toEqual([]);
  });
});
