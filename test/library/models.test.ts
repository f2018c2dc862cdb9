import { join } from 'node:path';
import { describe, expect, it } from 'vitest';
import { check, openUploader, push, pushSplit, type UploadEvent } from '../../src/index.ts';
import { batchLine, writeLines } from '../helpers/jsonl.ts';
import { errorOf } from '../helpers/temporary.ts';
import type { UploadsServerOptions } from '../helpers/uploads-server/uploads-server.ts';
import { setUp } from './library.ts';

const MODELS = { 'gpt-5.6-sol': null, 'gpt-4o': '2027-01-14', ended: '2026-01-01', ending: '2999-01-01' };

async function withBatch(models: readonly string[], serverOptions: UploadsServerOptions) {
  const all = await setUp(serverOptions);
  const path = join(all.folder, 'a.jsonl');
  await writeLines(
    path,
    models.map((model, index) => batchLine(index, { body: { model } })),
  );
  return { ...all, path, options: { ...all.options, purpose: 'batch' as const } };
}

const warnings = (events: readonly UploadEvent[]) =>
  events.flatMap((event) => (event.type === 'warning' ? event.issue : [])).map(({ message }) => message);

describe('push', () => {
  it.each([
    ['gpt-5.6-sol', []],
    ['new', ['the server does not list the model "new" for this key']],
    ['ended', ['the server says that the model "ended" was to be shut down on 1 January 2026']],
    ['ending', ['the server says that the model "ending" is to be shut down on 1 January 2999']],
  ])('asks for the model %s before a byte is sent, and goes on', async (model, told) => {
    const { server, path, options, events } = await withBatch([model], { models: MODELS });

    await push(path, options);

    expect(server.requests().map(({ call }) => call)).toEqual(['listModels', 'create', 'part', 'complete']);
    expect(warnings(events)).toEqual(told);
  });

  it('tells a date that it knows once', async () => {
    const { path, options, events } = await withBatch(['gpt-4o'], { models: MODELS });
    await push(path, options);
    expect(warnings(events)).toEqual([expect.stringContaining('OpenAI is to shut down the model "gpt-4o"')]);
  });

  it.each<[string, UploadsServerOptions]>([
    ['has no such list', {}],
    ['has an empty list', { models: {} }],
    [
      'does not answer',
      { models: MODELS, faults: [{ kind: 'reset', when: 'start', call: 'listModels', nth: 1 }] },
    ],
    ['fails', { models: MODELS, faults: [{ kind: 'status', status: 500, call: 'listModels', nth: 1 }] }],
    [
      'refuses the key for it',
      { models: MODELS, faults: [{ kind: 'status', status: 403, call: 'listModels', nth: 1 }] },
    ],
    ['is garbled', { models: MODELS, faults: [{ kind: 'garble', call: 'listModels', nth: 1 }] }],
  ])('does without a server that %s', async (_, serverOptions) => {
    const { server, path, options, events } = await withBatch(['new'], serverOptions);

    await push(path, options);

    expect(server.requests('listModels')).toHaveLength(1);
    expect(warnings(events)).toEqual([]);
  });

  it('does not try the network twice when it has no retries', async () => {
    const faults = [{ kind: 'reset', when: 'start', call: 'listModels', nth: 1 }] as const;
    const { server, path, options } = await withBatch(['new'], { models: MODELS, faults });

    const error = await errorOf(() => push(path, { ...options, retries: 0 }));

    expect(error).toMatchObject({ code: 'network' });
    expect(server.requests()).toHaveLength(1);
  });

  it('does not ask without a check, for another purpose, or Azure', async () => {
    const { server, path, options } = await withBatch(['new'], { models: MODELS });
    await push(path, { ...options, check: false });
    await push(path, { ...options, purpose: 'user_data' });
    expect(server.requests('listModels')).toEqual([]);

    const azure = await withBatch(['new'], { profile: 'azure', models: MODELS });
    await push(azure.path, { ...azure.options, auth: 'api-key' });
    expect(azure.server.requests('listModels')).toEqual([]);
  });
});

describe('a stop', () => {
  it('ends a push that waits for the models, without a second request', async () => {
    const faults = [{ kind: 'hang', when: 'answer', call: 'listModels', nth: 1 }] as const;
    const { server, path, options, stop } = await withBatch(['new'], { models: MODELS, faults });

    const pushing = errorOf(() => push(path, options));
    await server.waitFor((requests) => requests.length === 1);
    stop.abort();

    expect(await pushing).toMatchObject({ code: 'interrupted' });
    expect(server.requests()).toHaveLength(1);
  });

  it('ends a check that waits for the models', async () => {
    const faults = [{ kind: 'hang', when: 'answer', call: 'listModels', nth: 1 }] as const;
    const { server, path, options, stop } = await withBatch(['new'], { models: MODELS, faults });
    const uploader = await openUploader(options);

    const asking = errorOf(async () => uploader.askModels(await check(path, options)));
    await server.waitFor((requests) => requests.length === 1);
    stop.abort('SIGTERM');

    expect(await asking).toMatchObject({ code: 'interrupted', facts: { path } });
    await uploader.close();
  });
});

describe('an uploader', () => {
  it('asks once for all its files', async () => {
    const { server, folder, options, events } = await withBatch(['new'], { models: MODELS });
    const paths = ['a', 'b', 'c'].map((name) => join(folder, `${name}.jsonl`));
    for (const path of paths) await writeLines(path, [batchLine(1, { body: { model: 'new' } })]);
    const uploader = await openUploader(options);
    await Promise.all(paths.map((path) => uploader.push(path, options)));
    await uploader.close();

    expect(server.requests('listModels')).toHaveLength(1);
    expect(warnings(events)).toHaveLength(3);
  });

  it('adds what the server says to a check, or that it says nothing', async () => {
    const { path, options } = await withBatch(['new', 'new'], { models: MODELS });
    const uploader = await openUploader(options);
    const result = await uploader.askModels(await check(path, { purpose: 'batch' }));
    await uploader.close();
    expect(result).toMatchObject({ models: ['new'], warnings: [{ code: 'unknown_model' }], warningCount: 1 });

    const silent = await setUp();
    const other = await openUploader(silent.options);
    const unasked = await other.askModels(await check(path, { purpose: 'batch' }));
    await other.close();
    expect(unasked.warnings).toMatchObject([{ code: 'models_not_asked' }]);
    expect(unasked.warnings[0]?.message).toContain('asking for the models failed');
  });
});

describe('a split', () => {
  it('asks for the models of all its pieces', async () => {
    const { server, path, options, events } = await withBatch(['new', 'gpt-5.6-sol', 'newer'], {
      models: MODELS,
    });

    for await (const { status } of pushSplit(path, options)) expect(status).toBe('completed');

    expect(server.requests()[0]?.call).toBe('listModels');
    expect(server.requests('listModels')).toHaveLength(1);
    expect(warnings(events)).toEqual([
      'the server does not list the model "new" for this key',
      'the server does not list the model "newer" for this key',
    ]);
  });
});
