import { once } from 'node:events';
import { writeFile } from 'node:fs/promises';
import { type AddressInfo, createServer } from 'node:net';
import { join } from 'node:path';
import { describe, expect, onTestFinished } from 'vitest';
import { type ItemOutcome, openUploader, type TransferOptions } from '../../src/index.ts';
import { test } from '../helpers/fixtures.ts';

async function collect<Item>(outcomes: AsyncGenerator<ItemOutcome<Item>>): Promise<ItemOutcome<Item>[]> {
  const all: ItemOutcome<Item>[] = [];
  for await (const outcome of outcomes) all.push(outcome);
  return all;
}

/** Pushes files of a folder with one uploader, which also keeps its state there. */
async function pushNames(folder: string, names: readonly string[], options: TransferOptions) {
  const uploader = await openUploader({ stateDir: folder, ...options });
  const items = names.map((name) => ({ source: join(folder, name), options: { purpose: 'user_data' } }));
  const outcomes = await collect(uploader.pushAll(items));
  await uploader.close();
  return outcomes;
}

describe('pushAll', () => {
  test('pushes what an iterable gives, and yields each outcome in order', async ({ folder, server }) => {
    const names = ['a.bin', 'b.bin', 'c.bin'];
    for (const name of names) await writeFile(join(folder, name), name.repeat(1000));
    const uploader = await openUploader({ apiKey: server.apiKey, baseUrl: server.baseUrl, stateDir: folder });
    const items = (async function* () {
      for (const name of [...names, 'missing.bin'])
        yield { source: join(folder, name), options: { purpose: 'user_data' } };
    })();

    const outcomes = await collect(uploader.pushAll(items));
    await uploader.close();

    expect(outcomes.map(({ status, index }) => `${index} ${status}`)).toEqual([
      '0 completed',
      '1 completed',
      '2 completed',
      '3 failed',
    ]);
    expect(outcomes[3]).toMatchObject({ error: { code: 'source_not_found' }, wasSkipped: false });
    expect(server.files().map(({ filename }) => filename)).toEqual(expect.arrayContaining(names));
  });

  test('begins no more requests than it may, over all files', async ({ folder, server }) => {
    const names = ['a', 'b', 'c', 'd'];
    for (const name of names) await writeFile(join(folder, name), name);
    const { apiKey, baseUrl } = server;

    const since = performance.now();
    const outcomes = await pushNames(folder, names, { apiKey, baseUrl, maxRequests: '50/s' });
    const elapsedMs = performance.now() - since;

    expect(outcomes.every(({ status }) => status === 'completed')).toBe(true);
    // Three requests a file. Timers that were late may have let the last ones begin sooner.
    expect(elapsedMs).toBeGreaterThan((names.length * 3 - 1) * 20 - 100);
  });

  test('tries few of many files where the server cannot be reached', async ({ folder }) => {
    const silent = createServer((socket) => void socket.on('error', () => undefined).resetAndDestroy());
    silent.listen(0, '127.0.0.1');
    await once(silent, 'listening');
    onTestFinished(() => void silent.close());
    const { port } = silent.address() as AddressInfo;
    const names = Array.from({ length: 200 }, (_, index) => `${index}.bin`);
    for (const name of names) await writeFile(join(folder, name), name);

    const baseUrl = `http://127.0.0.1:${port}/v1`;
    const outcomes = await pushNames(folder, names, { apiKey: 'sk-test', baseUrl, retries: 0 });

    const skipped = outcomes.filter((outcome) => outcome.status === 'failed' && outcome.wasSkipped);
    expect(outcomes.every((each) => each.status === 'failed' && each.error.code === 'network')).toBe(true);
    expect(outcomes).toHaveLength(200);
    // The three that show it, and those that were in flight with them.
    expect(skipped.length).toBeGreaterThan(100);
  });

  test('goes on after files that fail on their way to a server that has answered', async ({
    folder,
    server,
  }) => {
    const names = Array.from({ length: 12 }, (_, index) => `${index}.bin`);
    for (const name of names) await writeFile(join(folder, name), name);
    server.addFaults({ call: 'create', nth: 1, kind: 'status', status: 400 });
    server.addFaults({ call: 'create', nth: 2, times: 4, kind: 'reset', when: 'start' });

    const { apiKey, baseUrl } = server;
    const outcomes = await pushNames(folder, names, { apiKey, baseUrl, concurrency: 1, retries: 0 });

    expect(outcomes.map((each) => (each.status === 'failed' ? each.error.code : each.status))).toEqual([
      'request_refused',
      ...Array(4).fill('network'),
      ...Array(7).fill('completed'),
    ]);
  });

  test('goes on while responses come in between, however many files fail in all', async ({
    folder,
    server,
  }) => {
    const names = Array.from({ length: 30 }, (_, index) => `${index}.bin`);
    for (const name of names) await writeFile(join(folder, name), name);
    for (let nth = 2; nth <= 30; nth += 2)
      server.addFaults({ call: 'create', nth, kind: 'reset', when: 'start' });

    const { apiKey, baseUrl } = server;
    const outcomes = await pushNames(folder, names, { apiKey, baseUrl, concurrency: 1, retries: 0 });

    expect(outcomes.filter(({ status }) => status === 'completed')).toHaveLength(15);
    expect(outcomes.filter((each) => each.status === 'failed' && each.wasSkipped)).toEqual([]);
  });

  test('tries few of many files where a server is gone that has begun to get one', async ({
    folder,
    server,
  }) => {
    const names = Array.from({ length: 100 }, (_, index) => `${index}.bin`);
    for (const name of names) await writeFile(join(folder, name), name);
    const { apiKey, baseUrl } = server;
    const push = (count: number) =>
      pushNames(folder, names.slice(0, count), { apiKey, baseUrl, concurrency: 1, retries: 0 });
    server.addFaults({ call: 'part', nth: 'every', kind: 'reset', when: 'start' });
    expect(await push(1)).toMatchObject([
      { error: { code: 'network', facts: { uploadId: expect.stringMatching(/^upload_/) } } },
    ]);

    server.addFaults({ call: 'create', nth: 'every', kind: 'reset', when: 'start' });
    const outcomes = await push(names.length);

    expect(outcomes).toHaveLength(names.length);
    const skipped = outcomes.filter((outcome) => outcome.status === 'failed' && outcome.wasSkipped);
    expect(skipped.length).toBeGreaterThan(names.length / 2);
  });

  test('tries few more files once a server that has responded is gone', async ({ folder, server }) => {
    const names = Array.from({ length: 100 }, (_, index) => `${index}.bin`);
    for (const name of names) await writeFile(join(folder, name), name);
    const { apiKey, baseUrl } = server;
    const uploader = await openUploader({ apiKey, baseUrl, stateDir: folder, concurrency: 1, retries: 0 });
    const leave = () => server.addFaults({ call: 'create', nth: 'every', kind: 'reset', when: 'start' });
    const items = names.map((name) => ({ source: join(folder, name), options: { purpose: 'user_data' } }));

    const outcomes = await collect(uploader.pushAll(items, leave));
    await uploader.close();

    expect(outcomes[0]?.status).toBe('completed');
    // The ten that show it, and those that were in flight with them, are tried.
    const skipped = outcomes.filter((each) => each.status === 'failed' && each.wasSkipped);
    expect(skipped.length).toBeGreaterThan(50);
    expect(outcomes).toHaveLength(names.length);
  });

  test('tries no more files once the key was refused', async ({ folder, server }) => {
    for (const name of ['a.bin', 'b.bin']) await writeFile(join(folder, name), name);
    const { baseUrl } = server;

    const outcomes = await pushNames(folder, ['a.bin', 'b.bin'], { apiKey: 'sk-wrong-key-0000', baseUrl });

    expect(outcomes).toMatchObject([
      { status: 'failed', error: { code: 'authentication' }, wasSkipped: false },
      { status: 'failed', error: { code: 'authentication' }, wasSkipped: true },
    ]);
    expect(server.requests('create')).toHaveLength(1);
  });
});
