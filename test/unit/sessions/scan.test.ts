import { mkdirSync, symlinkSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { describe, expect, it } from 'vitest';
import { systemClock } from '../../../src/model/clock.ts';
import { createFileStore } from '../../../src/sessions/file-store.ts';
import { lacks } from '../../helpers/lacks.ts';
import { temporaryFolder } from '../../helpers/temporary.ts';

async function readAll(directory: string) {
  const all: Record<string, unknown> = {};
  const store = createFileStore(directory, systemClock);
  for (const { name, isFree, value } of store.scan())
    all[name] = [isFree, value ?? (await store.read(name).catch(({ code, message }) => code ?? message))];
  return all;
}

describe('a scan', () => {
  it('reads every value as it is read by its name, and says which may be locked', async () => {
    const directory = await temporaryFolder();
    const store = createFileStore(directory, systemClock);
    await store.write('b', { parts: [] });
    await store.write('a', { is: 'small' });
    await store.write('large', { text: 'x'.repeat(100_000) });
    await store.append?.('b', 'parts', [{ index: 0 }]);
    const lock = await store.lock('b');
    writeFileSync(join(directory, 'config.json'), '{}');
    writeFileSync(join(directory, 'notes.txt'), 'not ours');

    expect(await readAll(directory)).toEqual({
      a: [true, { is: 'small' }],
      b: [false, { parts: [{ index: 0 }] }],
      large: [true, { text: 'x'.repeat(100_000) }],
    });
    if ('release' in lock) await lock.release();
  });

  it.skipIf(lacks('links'))(
    'takes what is broken, a link or a folder for a failure, not for nothing',
    async () => {
      const directory = await temporaryFolder();
      writeFileSync(join(directory, 'broken.json'), '{"parts": [');
      writeFileSync(join(directory, 'list.json'), '[]');
      symlinkSync(join(directory, 'list.json'), join(directory, 'link.json'));
      mkdirSync(join(directory, 'folder.json'));

      const found = Object.values(await readAll(directory));
      expect(found.length).toBe(4);
      expect(new Set(found.map((each) => (each as unknown[])[1]))).toEqual(new Set(['session_corrupt']));
    },
  );

  it('finds nothing where there is no directory, and fails where it cannot look', async () => {
    const directory = await temporaryFolder();
    expect(await readAll(join(directory, 'none'))).toEqual({});
    writeFileSync(join(directory, 'file'), '');
    await expect(readAll(join(directory, 'file'))).rejects.toMatchObject({ code: 'session_unreadable' });
  });
});
