import { mkdirSync, readFileSync, symlinkSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { describe, expect, it } from 'vitest';
import { systemClock } from '../../../src/model/clock.ts';
import { createFileStore } from '../../../src/sessions/file-store.ts';
import { lacks } from '../../helpers/lacks.ts';
import { temporaryFolder } from '../../helpers/temporary.ts';

async function readAll(directory: string, inThread = false) {
  const all: Record<string, unknown> = {};
  const store = createFileStore(directory, systemClock);
  for await (const batch of store.scan({ inThread }))
    for (const { name, isFree, value } of batch)
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
      // The beginning alone would be good.
      writeFileSync(join(directory, 'more.json'), `${'{}'.padEnd(64 * 1024)}{`);
      const elsewhere = join(await temporaryFolder(), 'good.json');
      writeFileSync(elsewhere, '{}');
      symlinkSync(elsewhere, join(directory, 'link.json'));
      mkdirSync(join(directory, 'folder.json'));

      const found = Object.values(await readAll(directory));
      expect(found.length).toBe(5);
      expect(new Set(found.map((each) => (each as unknown[])[1]))).toEqual(new Set(['session_corrupt']));
    },
  );

  it.each([
    ['between other work', false],
    ['in a thread', true],
  ])('reads very many in the order of their names, with what is odd among them, %s', async (_, inThread) => {
    const directory = await temporaryFolder();
    const store = createFileStore(directory, systemClock);
    const names = Array.from({ length: 3200 }, (_, number) => `record-${10_000 + number}`);
    for (const name of names) writeFileSync(join(directory, `${name}.json`), JSON.stringify({ name }));
    const { 10: broken = '', 20: large = '', 3190: withMore = '' } = names;
    const text = 'x'.repeat(100_000);
    writeFileSync(join(directory, `${broken}.json`), '{"name":');
    writeFileSync(join(directory, `${large}.json`), JSON.stringify({ name: large, text }));
    await store.append?.(withMore, 'parts', [{ index: 0 }]);

    const found = Object.entries(await readAll(directory, inThread));

    expect(found.map(([name]) => name)).toEqual(names);
    const odd = { [broken]: 'session_corrupt', [large]: { name: large, text } };
    const more = { [withMore]: { name: withMore, parts: [{ index: 0 }] } };
    const all = names.map((name) => [true, { name, ...odd, ...more }[name] ?? { name }]);
    expect(found.map(([, value]) => value)).toEqual(all);
  });

  it('ends with the reason of its signal, however many are left', async () => {
    const directory = await temporaryFolder();
    for (let number = 0; number < 3200; number += 1)
      writeFileSync(join(directory, `${number}.json`), `{"number":${number}}`);
    const stop = new AbortController();
    const reason = new Error('enough');

    const scan = createFileStore(directory, systemClock).scan({ signal: stop.signal, inThread: true });
    const read = async () => {
      for await (const _ of scan) stop.abort(reason);
    };

    await expect(read()).rejects.toBe(reason);
  });

  it('lets signals be heard after each batch, however far ahead its thread has read', async () => {
    const directory = await temporaryFolder();
    for (let number = 0; number < 4000; number += 1)
      writeFileSync(join(directory, `${number}.json`), `{"number":${number}}`);
    const heard: boolean[] = [];
    let isHeard = true;

    for await (const batch of createFileStore(directory, systemClock).scan({ inThread: true })) {
      heard.push(isHeard);
      isHeard = false;
      setImmediate(() => {
        isHeard = true;
      });
      // Takes longer than the thread does.
      for (const { name } of [...batch, ...batch]) readFileSync(join(directory, `${name}.json`), 'utf8');
    }

    expect(heard.length).toBeGreaterThan(3);
    expect(heard).not.toContain(false);
  });

  it('finds nothing where there is no directory, and fails where it cannot look', async () => {
    const directory = await temporaryFolder();
    expect(await readAll(join(directory, 'none'))).toEqual({});
    writeFileSync(join(directory, 'file'), '');
    await expect(readAll(join(directory, 'file'))).rejects.toMatchObject({ code: 'session_unreadable' });
  });
});
