import { appendFile, readdir, readFile, symlink, truncate, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { describe, expect, it } from 'vitest';
import { systemClock } from '../../../src/model/clock.ts';
import { createFileStore } from '../../../src/sessions/file-store.ts';
import { errorOf, temporaryFolder } from '../../helpers/temporary.ts';

async function setUp() {
  const directory = join(await temporaryFolder(), 'state');
  const store = createFileStore(directory, systemClock);
  await store.write('a', { n: 1, items: [{ i: 0 }] });
  const append = async (...items: { i: number }[]) => await store.append?.('a', 'items', items);
  const readAgain = () => createFileStore(directory, systemClock).read('a');
  return { directory, store, append, readAgain, journal: join(directory, 'a.json.journal') };
}

describe('a journal', () => {
  it('adds items to a value without writing the value', async () => {
    const { directory, store, append, readAgain } = await setUp();
    const before = await readFile(join(directory, 'a.json'), 'utf8');
    await append({ i: 1 }, { i: 2 });
    await append({ i: 3 });
    expect(await readFile(join(directory, 'a.json'), 'utf8')).toBe(before);
    expect(await store.read('a')).toEqual({ n: 1, items: [{ i: 0 }, { i: 1 }, { i: 2 }, { i: 3 }] });
    expect(await readAgain()).toEqual(await store.read('a'));
  });

  it('is gone once the value is written whole, and with the value', async () => {
    const { directory, store, append, readAgain } = await setUp();
    await append({ i: 1 });
    await store.write('a', { n: 2, items: [] });
    expect(await readdir(directory)).toEqual(['a.json']);
    expect(await readAgain()).toEqual({ n: 2, items: [] });
    await append({ i: 1 });
    await store.remove('a');
    expect(await readdir(directory)).toEqual([]);
  });

  it('that a kill has left behind a newer value counts for nothing, and is replaced', async () => {
    const { store, append, readAgain, journal } = await setUp();
    await append({ i: 1 });
    const stale = await readFile(journal, 'utf8');
    await store.write('a', { n: 2, items: [] });
    await writeFile(journal, stale);
    expect(await readAgain()).toEqual({ n: 2, items: [] });
    await append({ i: 5 });
    expect(await readAgain()).toEqual({ n: 2, items: [{ i: 5 }] });
  });

  it.each([1, 2, 5, 9])('loses at most the line that a power cut has cut by %i bytes', async (bytes) => {
    const { directory, append, readAgain, journal } = await setUp();
    await append({ i: 1 });
    await append({ i: 22_222_222 });
    await truncate(journal, (await readFile(journal)).length - bytes);
    const whole = bytes === 1 ? [{ i: 22_222_222 }] : [];
    expect(await readAgain()).toEqual({ n: 1, items: [{ i: 0 }, { i: 1 }, ...whole] });

    await createFileStore(directory, systemClock).append?.('a', 'items', [{ i: 3 }]);
    expect(await readAgain()).toEqual({ n: 1, items: [{ i: 0 }, { i: 1 }, ...whole, { i: 3 }] });
  });

  it('leaves out what is no item', async () => {
    const { append, readAgain, journal } = await setUp();
    await append({ i: 1 });
    await appendFile(journal, '\0\0\0\n5\nnull\n');
    expect(await readAgain()).toEqual({ n: 1, items: [{ i: 0 }, { i: 1 }] });
  });

  it('follows no link', async () => {
    const { directory, append, journal } = await setUp();
    await writeFile(join(directory, 'elsewhere'), '');
    await symlink(join(directory, 'elsewhere'), journal);
    await append({ i: 1 });
    expect(await readFile(join(directory, 'elsewhere'), 'utf8')).toBe('');
  });

  it('needs a value', async () => {
    const { store } = await setUp();
    expect(await errorOf(() => store.append?.('b', 'items', [{}]) ?? Promise.resolve())).toMatchObject({
      code: 'session_unwritable',
    });
  });
});
