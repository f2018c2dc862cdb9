import { access } from 'node:fs/promises';
import { setImmediate } from 'node:timers/promises';
import { describe, expect, it } from 'vitest';
import {
  cancel,
  listSessions,
  pruneSessions,
  push,
  resume,
  type StateStore,
  sessionStatus,
} from '../../src/index.ts';
import { makeFile } from '../helpers/make-file.ts';
import { errorOf } from '../helpers/temporary.ts';
import { setUp } from './library.ts';

/** Keeps texts, as a database would, and answers a little later. */
function createMemoryStore() {
  const texts = new Map<string, string>();
  const locks = new Set<string>();
  let fails: (name: string) => boolean = () => false;
  const store: StateStore = {
    location: 'the memory',
    async names() {
      await setImmediate();
      return [...texts.keys()];
    },
    async read(name) {
      await setImmediate();
      const text = texts.get(name);
      return text === undefined ? undefined : JSON.parse(text);
    },
    async write(name, value) {
      await setImmediate();
      if (fails(name)) throw new Error('no connection');
      texts.set(name, JSON.stringify(value));
    },
    async remove(name) {
      await setImmediate();
      texts.delete(name);
    },
    async lock(name) {
      await setImmediate();
      if (locks.has(name)) return { pid: 1, host: 'elsewhere' };
      locks.add(name);
      return {
        isHeld: async () => locks.has(name),
        release: async () => void locks.delete(name),
      };
    },
    owner: async (name) => (locks.has(name) ? { pid: 1, host: 'elsewhere' } : null),
  };
  const failWhen = (when: typeof fails) => {
    fails = when;
  };
  return { store, texts, locks, failWhen };
}

async function setUpStore(...faults: Parameters<typeof setUp>) {
  const stage = await setUp(...faults);
  const memory = createMemoryStore();
  return {
    ...stage,
    ...memory,
    options: { ...stage.options, stateStore: memory.store },
    pushOptions: { ...stage.pushOptions, stateStore: memory.store },
  };
}

const secondPartRefused = { faults: [{ kind: 'status', status: 400, call: 'part', nth: 2 }] } as const;

describe('a state store of the caller', () => {
  it('holds everything that is saved; the state directory is not even made', async () => {
    const { path, pushOptions, options, md5, texts, locks } = await setUpStore();
    const { uploadId, fileId } = await push(path, pushOptions);
    expect(JSON.parse(texts.get(uploadId) ?? '')).toMatchObject({
      uploadId,
      status: 'completed',
      md5,
      parts: [{ index: 0 }, { index: 1 }, { index: 2 }],
    });
    expect([...texts.keys()]).toEqual([uploadId]);
    expect(locks.size).toBe(0);
    expect(await resume(uploadId, options)).toMatchObject({ fileId });
    expect(await errorOf(() => access(options.stateDir))).toMatchObject({ code: 'ENOENT' });
  });

  it('is what a push and a resume go on from', async () => {
    const { path, pushOptions, options, partsTaken } = await setUpStore(secondPartRefused);
    const { uploadId } = (await errorOf(() => push(path, { ...pushOptions, concurrency: 1 }))) as {
      uploadId: string;
    };
    expect(await sessionStatus(uploadId, options)).toMatchObject({
      status: 'pending',
      acknowledgedParts: 1,
      recordPath: `${uploadId} in the memory`,
    });
    expect(await push(path, pushOptions)).toMatchObject({ uploadId, partsResumed: 1 });
    expect(partsTaken()).toEqual([1000, 1000, 500]);
  });

  it('is not written to for the unfinished sessions of a file that has changed since', async () => {
    const refused = { kind: 'status', status: 400, call: 'part', nth: 1, times: 3 } as const;
    const { path, pushOptions, store, events } = await setUpStore({ faults: [refused] });
    for (const size of [10, 20, 30]) {
      await makeFile(path, size);
      await errorOf(() => push(path, pushOptions));
    }
    await makeFile(path, 40);
    const locked: string[] = [];
    const watched = {
      ...store,
      lock: (name: string) => {
        locked.push(name);
        return store.lock(name);
      },
    };

    const { uploadId } = await push(path, { ...pushOptions, stateStore: watched });

    expect(locked.filter((name) => name.startsWith('upload_'))).toEqual([uploadId]);
    const last = events.filter(({ type }) => type === 'passed_over');
    expect(last).toHaveLength(1 + 2 + 3);
  });

  it('is asked for its list and for what to forget', async () => {
    const { path, pushOptions, options, texts } = await setUpStore();
    const { uploadId } = await push(path, pushOptions);
    const list = await listSessions(options);
    expect(list).toMatchObject({ directory: 'the memory', sessions: [{ uploadId, status: 'completed' }] });
    expect((await pruneSessions(options)).forgotten).toHaveLength(1);
    expect(texts.size).toBe(0);
  });

  it('says who else is at work', async () => {
    const { path, pushOptions, options, locks } = await setUpStore(secondPartRefused);
    const { uploadId } = (await errorOf(() => push(path, { ...pushOptions, concurrency: 1 }))) as {
      uploadId: string;
    };
    locks.add(uploadId);
    for (const attempt of [() => push(path, pushOptions), () => resume(uploadId, options)])
      expect(await errorOf(attempt)).toMatchObject({
        code: 'session_locked',
        message: expect.stringContaining('process 1 on elsewhere'),
      });
    expect(await listSessions(options)).toMatchObject({ sessions: [{ lockedBy: { pid: 1 } }] });
    locks.clear();
    expect(await cancel(uploadId, options)).toMatchObject({ status: 'cancelled' });
  });

  it('that fails ends the run, saying where, and the part does not count', async () => {
    const { server, path, pushOptions, texts, failWhen } = await setUpStore();
    failWhen((name) => texts.has(name));
    const error = await errorOf(() => push(path, pushOptions));
    const [upload] = server.uploads();
    expect(error).toMatchObject({
      code: 'session_unwritable',
      message: expect.stringContaining(`${upload?.id} in the memory cannot be written: no connection`),
      uploadId: upload?.id,
    });
    expect(JSON.parse(texts.get(`${upload?.id}`) ?? '')).toMatchObject({ status: 'pending', parts: [] });
    expect(server.requests('complete')).toEqual([]);
  });

  it('that loses a lock is written to no more', async () => {
    const { path, pushOptions, texts, locks, server } = await setUpStore();
    const onEvent = ({ type }: { type: string }) => type === 'started' && locks.clear();
    expect(await errorOf(() => push(path, { ...pushOptions, onEvent }))).toMatchObject({
      code: 'session_locked',
    });
    expect(JSON.parse(texts.get(`${server.uploads()[0]?.id}`) ?? '').parts).toEqual([]);
  });

  it('that fails keeps what is known of an upload whose id is given again', async () => {
    const { server, path, md5, pushOptions, failWhen } = await setUpStore({
      profile: 'counting',
      faults: [
        { kind: 'reset', when: 'after-work', call: 'part', nth: 2 },
        { kind: 'status', status: 405, call: 'cancel', nth: 'every' },
      ],
    });
    const options = { ...pushOptions, concurrency: 1, resume: false };
    await push(path, options);
    // A part was counted twice, so this upload was given up, and the server still has its parts.
    const [old] = server.uploads();
    const { id, object, bytes, created_at, expires_at } = old ?? {};
    const body = JSON.stringify({ id, object, bytes, created_at, expires_at, status: 'pending' });
    for (const nth of [3, 4]) server.addFaults({ kind: 'garble', body, call: 'create', nth });

    const cancels = server.requests('cancel').length;
    failWhen((name) => name === id);
    expect(await errorOf(() => push(path, options))).toMatchObject({ code: 'session_unwritable' });
    expect(server.requests('cancel').length).toBeGreaterThan(cancels);
    failWhen(() => false);
    const { fileId, uploadId } = await push(path, options);

    expect([server.fileMd5(fileId), uploadId === id]).toEqual([md5, false]);
  });
});
