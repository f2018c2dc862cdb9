import { describe, expect, it } from 'vitest';
import { push } from '../../src/index.ts';
import { errorOf } from '../helpers/temporary.ts';
import { setUp } from './library.ts';

describe('an abort', () => {
  it('before the start makes no request', async () => {
    const { server, path, pushOptions, stop } = await setUp();
    stop.abort();
    expect(await errorOf(() => push(path, pushOptions))).toMatchObject({ code: 'interrupted' });
    expect(server.requests()).toEqual([]);
  });

  it('while a part is on its way lets it finish, saves it, and starts no other', async () => {
    const { server, path, pushOptions, stop, sessions } = await setUp({
      faults: [{ kind: 'hold', label: 'part', call: 'part', nth: 2 }],
    });
    const failing = errorOf(() => push(path, { ...pushOptions, concurrency: 1 }));
    await server.waitForHeld('part');
    stop.abort();
    server.release('part');
    const uploadId = server.uploads()[0]?.id ?? '';
    expect(await failing).toMatchObject({ code: 'interrupted', uploadId, facts: { path } });
    expect(server.requests('part')).toHaveLength(2);
    expect((await sessions.read(uploadId))?.record).toMatchObject({ status: 'pending', parts: [{}, {}] });
    expect((await push(path, { ...pushOptions, signal: new AbortController().signal })).partsResumed).toBe(2);
  });

  it('while create has no answer ends at once', async () => {
    const { server, path, pushOptions, stop } = await setUp({
      faults: [{ kind: 'hang', when: 'answer', work: false, call: 'create', nth: 1 }],
    });
    const failing = errorOf(() => push(path, pushOptions));
    await server.waitFor(([request]) => request?.fault === 'hang');
    stop.abort('SIGINT');
    expect(await failing).toMatchObject({ code: 'interrupted', facts: { path } });
  });

  it('for a reason that is an error is an interruption too, as AbortSignal.timeout makes it', async () => {
    const { server, path, pushOptions, stop } = await setUp({
      faults: [{ kind: 'hang', when: 'answer', work: false, call: 'create', nth: 1 }],
    });
    const failing = errorOf(() => push(path, pushOptions));
    await server.waitFor(([request]) => request?.fault === 'hang');
    stop.abort(new DOMException('too late', 'TimeoutError'));
    expect(await failing).toMatchObject({ code: 'interrupted' });
  });

  it('while complete has no answer leaves the session as one that may be complete', async () => {
    const { server, path, pushOptions, stop, sessions } = await setUp({
      faults: [{ kind: 'hang', when: 'answer', call: 'complete', nth: 1 }],
    });
    const failing = errorOf(() => push(path, pushOptions));
    await server.waitFor((all) => all.some(({ fault }) => fault === 'hang'));
    stop.abort();
    expect(await failing).toMatchObject({ code: 'interrupted' });
    expect((await sessions.list()).sessions.map(({ record }) => record.status)).toEqual(['completing']);
    const result = await push(path, { ...pushOptions, signal: new AbortController().signal });
    expect([result.fileId, server.files().length]).toEqual([server.files()[0]?.id, 1]);
  });
});
