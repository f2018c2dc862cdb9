import { createHash } from 'node:crypto';
import { existsSync, writeFileSync } from 'node:fs';
import { appendFile, copyFile, readdir, readFile, rm, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { Readable } from 'node:stream';
import { describe, expect, it } from 'vitest';
import {
  type LockOwner,
  openUploader,
  pruneSessions,
  push,
  resume,
  type StateStore,
  type UploadError,
  type UploadEvent,
} from '../../src/index.ts';
import { entryName } from '../../src/sessions/ledger-entry.ts';
import { COLLISION, makeFile } from '../helpers/make-file.ts';
import { errorOf } from '../helpers/temporary.ts';
import { setUp as setUpLibrary } from './library.ts';

/** As docs/library.md has it. */
function storeInMemory() {
  const values = new Map<string, object>();
  const locks = new Map<string, LockOwner>();
  const store: StateStore = {
    location: 'memory',
    names: async () => [...values.keys()],
    read: async (name) => values.get(name),
    write: async (name, value) => void values.set(name, value),
    remove: async (name) => void values.delete(name),
    async lock(name) {
      const owner = locks.get(name);
      if (owner) return owner;
      const mine = { pid: 1, host: null };
      locks.set(name, mine);
      return {
        isHeld: async () => locks.get(name) === mine,
        release: async () => void locks.delete(name),
      };
    },
    owner: async (name) => locks.get(name) ?? null,
  };
  return { ...store, lockNames: async () => [...locks.keys()] };
}

async function setUp(...args: Parameters<typeof setUpLibrary>) {
  const world = await setUpLibrary(...args);
  const ledger = join(world.options.stateDir, 'ledger');
  const once = { ...world.pushOptions, ifNotUploaded: true };
  const entryPath = async () => join(ledger, (await readdir(ledger))[0] ?? '');
  return { ...world, ledger, once, entryPath };
}

describe('push with ifNotUploaded', () => {
  it('names the file that it could not ask for', async () => {
    const { server, path, once } = await setUp();
    const { fileId } = await push(path, once);
    server.addFaults({ call: 'getFile', nth: 1, kind: 'hang', when: 'answer' });

    const error = await errorOf(() => push(path, { ...once, stallTimeoutMs: 1000, retries: 0 }));

    expect(error).toMatchObject({ code: 'stalled', message: expect.stringContaining(fileId) });
  });

  it('finds a file without an MD5, too, for which the upload had to start over', async () => {
    const lost = { kind: 'status', status: 503, when: 'after-work', call: 'part', nth: 1 } as const;
    const { server, folder, path, once } = await setUp({ profile: 'counting-complete', faults: [lost] });
    const first = await push(path, { ...once, md5: false, retries: 2 });
    expect(server.uploads().map(({ status }) => status)).toEqual(['cancelled', 'completed']);
    const copy = join(folder, 'copy.bin');
    await copyFile(path, copy);

    const { fileId, alreadyUploaded } = await push(copy, { ...once, md5: false });
    expect([fileId, alreadyUploaded]).toEqual([first.fileId, true]);
  });

  it('gives the file of the same bytes, after asking for it, and sends nothing', async () => {
    const { server, folder, path, md5, once, events } = await setUp();
    const first = await push(path, once);
    const copy = join(folder, 'copy.bin');
    await copyFile(path, copy);
    events.length = 0;

    const second = await push(copy, once);

    expect(first).toMatchObject({ alreadyUploaded: false, md5, bytesSent: 2500 });
    expect(second).toMatchObject({
      alreadyUploaded: true,
      fileId: first.fileId,
      uploadId: first.uploadId,
      filename: 'a.bin',
      path: copy,
      md5,
      bytes: 2500,
      bytesSent: 0,
      file: server.files()[0],
    });
    expect(events).toMatchObject([
      { type: 'phase', phase: 'hashing' },
      { type: 'request', method: 'GET', path: `/v1/files/${first.fileId}` },
      { type: 'completed', result: { alreadyUploaded: true } },
    ]);
    expect(server.requests('create')).toHaveLength(1);
  });

  it('finds what was uploaded without it, also by a stream, and after a prune', async () => {
    const { server, path, options, pushOptions, once } = await setUp();
    const bytes = await readFile(path);
    const { fileId } = await push(Readable.from([bytes]), { ...pushOptions, filename: 'x' });
    await pruneSessions(options);
    expect(await push(path, once)).toMatchObject({ fileId, alreadyUploaded: true });
    expect(await push(Readable.from([bytes]), { ...once, filename: 'y' })).toMatchObject({
      fileId,
      alreadyUploaded: true,
      path: '-',
    });
    expect(server.files()).toHaveLength(1);
    expect(await readdir(join(options.stateDir, 'spool'))).toEqual([]);
  });

  it('pushes without looking when it is not asked to', async () => {
    const { server, path, pushOptions } = await setUp();
    for (const _ of [1, 2]) expect((await push(path, pushOptions)).alreadyUploaded).toBe(false);
    expect(server.files()).toHaveLength(2);
    expect(server.requests('getFile')).toEqual([]);
  });

  it('computes the MD5 once, and has the server check it', async () => {
    const { path, once, events, server, md5 } = await setUp();
    const { fileId } = await push(path, once);
    const hashings = events.filter((event) => event.type === 'phase' && event.phase === 'hashing');
    expect(hashings).toHaveLength(1);
    expect(server.fileMd5(fileId)).toBe(md5);
    await makeFile(path, 2500, 7);
    server.addFaults({
      call: 'complete',
      nth: 2,
      kind: 'status',
      status: 400,
      body: { error: { message: 'The md5 does not match.' } },
    });
    expect(await errorOf(() => push(path, once))).toMatchObject({ code: 'integrity' });
  });

  it('keeps the MD5 to itself where the server is not to have it', async () => {
    const { path, once, server, md5, events } = await setUp();
    server.addFaults({ call: 'part', nth: 2, kind: 'status', status: 400 });
    await errorOf(() => push(path, { ...once, md5: false }));
    const { fileId } = await push(path, { ...once, md5: false });
    expect(await push(path, { ...once, md5: false })).toMatchObject({ fileId, md5, alreadyUploaded: true });
    expect(events.filter(({ type }) => type === 'passed_over')).toEqual([]);
    expect(server.uploads()).toHaveLength(1);
  });

  it.each([
    ['is gone', { kind: 'status', status: 404 }],
    ['has failed', { kind: 'garble', body: '{"id":"file-1","bytes":2500,"status":"error"}' }],
    ['has another size', { kind: 'garble', body: '{"id":"file-1","bytes":1,"purpose":"user_data"}' }],
    ['is for another purpose', { kind: 'garble', body: '{"id":"file-1","bytes":2500,"purpose":"batch"}' }],
  ] as const)('uploads anew when the file %s, and remembers the new one', async (_, fault) => {
    const { path, once, server } = await setUp();
    const first = await push(path, once);
    server.addFaults({ ...fault, call: 'getFile', nth: 1, times: 2 });
    const second = await push(path, once);
    expect(second.alreadyUploaded).toBe(false);
    expect(second.fileId).not.toBe(first.fileId);
    expect(await push(path, once)).toMatchObject({ fileId: second.fileId, alreadyUploaded: true });
  });

  it('bears a server that leaves out what it does not know', async () => {
    const { path, once, server } = await setUp();
    const { fileId } = await push(path, once);
    const body = JSON.stringify({ id: fileId, bytes: null });
    server.addFaults({ call: 'getFile', nth: 1, kind: 'garble', body });
    expect(await push(path, once)).toMatchObject({ fileId, filename: 'a.bin', alreadyUploaded: true });
  });

  it.each([
    ['an hour', 7200, 3500, true],
    ['an hour', 7200, 3700, false],
    ['half of a short lifetime', 3600, 1700, true],
    ['half of a short lifetime', 3600, 1900, false],
  ])('gives a file as long as it has %s left: of %i s, after %i s %s', async (_, lifetime, after, isGood) => {
    const { path, once, server } = await setUp();
    const options = { ...once, expiresAfterSeconds: lifetime };
    await push(path, options);
    server.setClockOffset(after * 1000);
    expect((await push(path, options)).alreadyUploaded).toBe(isGood);
  });

  it('asks again after trouble, and ends with what cannot be cured, sending nothing', async () => {
    const { path, once, server, events } = await setUp();
    const { fileId } = await push(path, once);
    server.addFaults({
      call: 'getFile',
      nth: 1,
      kind: 'status',
      status: 503,
      headers: { 'retry-after-ms': '1' },
    });
    expect(await push(path, once)).toMatchObject({ fileId, retries: 1 });
    server.addFaults({ call: 'getFile', nth: 3, kind: 'status', status: 401 });
    expect(await errorOf(() => push(path, once))).toMatchObject({ code: 'authentication' });
    expect(events.some((event) => event.type === 'retry' && event.what === 'file')).toBe(true);
    expect(server.requests('create')).toHaveLength(1);
  });

  it('finds the file of a run that was killed before it could take note', async () => {
    const { path, once, server, ledger } = await setUp();
    const { fileId } = await push(path, once);
    await rm(ledger, { recursive: true });
    expect(await push(path, once)).toMatchObject({ fileId, alreadyUploaded: true });
    expect(server.files()).toHaveLength(1);
  });

  it('continues an unfinished upload, and that of the changed bytes is another', async () => {
    const { path, once, server, events } = await setUp();
    server.addFaults({ call: 'part', nth: 3, kind: 'status', status: 400 });
    const options = { ...once, concurrency: 1 };
    const { uploadId } = (await errorOf(() => push(path, options))) as UploadError;
    events.length = 0;
    expect(await push(path, options)).toMatchObject({ uploadId, partsResumed: 2, bytesSent: 500 });
    expect(events.filter((event) => event.type === 'phase' && event.phase === 'hashing')).toHaveLength(1);
    await appendFile(path, 'x');
    expect((await push(path, options)).alreadyUploaded).toBe(false);
    expect(server.files()).toHaveLength(2);
  });

  const changed = Buffer.alloc(2500, 'b');
  const changedMd5 = createHash('md5').update(changed).digest('hex');

  it.each<[string, (event: UploadEvent) => boolean]>([
    ['before the upload is there', (event) => event.type === 'request' && event.path.endsWith('/uploads')],
    ['before the first part', ({ type }) => type === 'started'],
  ])('sends one state of a file that is changed %s, and notes that one', async (_, isTime) => {
    const { path, once, server } = await setUp();
    const onEvent = (event: UploadEvent) => isTime(event) && writeFileSync(path, changed);
    const { fileId, md5 } = await push(path, { ...once, onEvent });
    expect([md5, server.fileMd5(fileId)]).toEqual([changedMd5, changedMd5]);
    expect(await push(path, once)).toMatchObject({ fileId, alreadyUploaded: true });
  });

  it.each([true, false])('sends bytes once to which two files are changed, with an MD5: %s', async (md5) => {
    const { path, folder, once, server } = await setUp();
    const other = join(folder, 'other.bin');
    writeFileSync(other, changed);
    const first = await push(other, { ...once, md5 });

    const onEvent = ({ type }: UploadEvent) => type === 'started' && writeFileSync(path, changed);
    const error = await errorOf(() => push(path, { ...once, md5, onEvent }));

    expect(error).toMatchObject({
      code: 'source_changed',
      message: expect.stringContaining(first.fileId),
    });
    expect(server.files()).toHaveLength(1);
    expect(await push(path, { ...once, md5 })).toMatchObject({ fileId: first.fileId, alreadyUploaded: true });
  });

  it('ends with what a push ends with when the file is changed between its parts', async () => {
    const { path, once, server } = await setUp();
    const onEvent = (event: UploadEvent) =>
      event.type === 'progress' && event.acknowledgedParts === 1 && writeFileSync(path, changed);
    const error = await errorOf(() => push(path, { ...once, concurrency: 1, onEvent }));
    expect(error).toMatchObject({ code: 'source_changed' });
    expect(server.files()).toEqual([]);
  });

  it('ends with what is wrong with an entry, names it, and sends nothing', async () => {
    const { path, once, server, entryPath } = await setUp();
    await push(path, once);
    const entry = await entryPath();
    await writeFile(entry, '{');
    expect(await errorOf(() => push(path, once))).toMatchObject({
      code: 'session_corrupt',
      message: expect.stringContaining(entry),
    });
    expect(server.requests('create')).toHaveLength(1);
  });

  it('that cannot take note says so, and gives the file all the same', async () => {
    const { path, pushOptions, entryPath, events } = await setUp();
    await push(path, pushOptions);
    await writeFile(await entryPath(), JSON.stringify({ schemaVersion: 99 }));
    const { fileId } = await push(path, pushOptions);
    expect(events.filter(({ type }) => type === 'unrecorded')).toMatchObject([
      { fileId, error: { code: 'session_newer' } },
    ]);
    expect(JSON.parse(await readFile(await entryPath(), 'utf8'))).toEqual({ schemaVersion: 99 });
  });

  it('goes by the sessions in a store of the caller’s, and leaves nothing on the disk', async () => {
    const { path, once, server, options } = await setUp();
    const stateStore = storeInMemory();
    const own = { ...once, stateStore };
    server.addFaults({ call: 'part', nth: 1, kind: 'hold', label: 'first' });
    const first = push(path, own);
    await server.waitForHeld('first');
    expect(await stateStore.lockNames()).toContainEqual(expect.stringMatching(/^content-[0-9a-f]{64}$/));
    server.release('first');
    const { fileId } = await first;
    expect(await push(path, own)).toMatchObject({ fileId, alreadyUploaded: true });
    expect(server.files()).toHaveLength(1);
    expect(existsSync(options.stateDir)).toBe(false);
  });

  it.each([
    ['in the ledger', true],
    ['of a session', false],
  ])('takes no file %s for another of the same MD5 and size', async (_, hasLedger) => {
    const { server, folder, path, once, ledger } = await setUp();
    await writeFile(path, COLLISION[0]);
    const copy = join(folder, 'copy.bin');
    await copyFile(path, copy);
    const first = await push(path, once);
    if (!hasLedger) await rm(ledger, { recursive: true });
    await writeFile(path, COLLISION[1]);

    const second = await push(path, once);

    expect(second.md5).toBe(first.md5);
    expect(second.alreadyUploaded).toBe(false);
    expect(server.files()).toHaveLength(2);
    expect(await push(path, once)).toMatchObject({ fileId: second.fileId, alreadyUploaded: true });
    if (hasLedger) expect((await push(copy, once)).fileId).toBe(first.fileId);
  });

  it('goes by the MD5 and the size of what an older version has noted, and says so', async () => {
    const { path, once, options, ledger, entryPath, events, sessions } = await setUp();
    const { fileId, md5 } = await push(path, once);
    const { sha256: _, ...old } = JSON.parse(await readFile(await entryPath(), 'utf8'));
    await pruneSessions(options);
    await rm(await entryPath());
    const { baseUrl, organization, project } = old;
    const content = { md5: md5 ?? '', sha256: null, bytes: 2500, purpose: 'user_data' };
    const name = entryName({ ...content, baseUrl, organization, project });
    await writeFile(join(ledger, `${name}.json`), JSON.stringify(old));

    expect(await push(path, once)).toMatchObject({ fileId, alreadyUploaded: true });
    expect(events).toContainEqual({ type: 'matched_by_md5', fileId });
    expect((await sessions.list()).sessions).toEqual([]);
  });

  it('asks for several files at a time', async () => {
    const { server, folder, options } = await setUp();
    const paths = Array.from({ length: 8 }, (_, index) => join(folder, `${index}.bin`));
    for (const path of paths) await writeFile(path, path);
    const pushAll = async () => {
      const uploader = await openUploader(options);
      const own = { purpose: 'user_data', ifNotUploaded: true };
      const results = [];
      for await (const outcome of uploader.pushAll(paths.map((source) => ({ source, options: own }))))
        results.push(outcome.status === 'completed' && outcome.result.alreadyUploaded);
      await uploader.close();
      return results;
    };
    await pushAll();
    server.addFaults({ kind: 'hold', label: 'asked', call: 'getFile', nth: 2, times: 7 });

    const again = pushAll();
    // The first alone, and then all others beside each other, though none has been answered.
    await server.waitFor((requests) => requests.filter(({ call }) => call === 'getFile').length === 8);
    server.release('asked');

    expect(await again).toEqual(paths.map(() => true));
  });

  it('keeps no key', async () => {
    const { path, once, server, entryPath } = await setUp();
    await push(path, once);
    expect(await readFile(await entryPath(), 'utf8')).not.toContain(server.apiKey);
  });

  it('leaves it to the session when a completed one is resumed', async () => {
    const { path, once, options, server } = await setUp();
    const { uploadId, fileId } = await push(path, once);
    expect(await resume(uploadId, options)).toMatchObject({ fileId, alreadyUploaded: false, bytesSent: 0 });
    expect(server.requests('getFile')).toEqual([]);
  });
});
