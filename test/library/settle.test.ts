import { copyFile, rm, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { describe, expect, it } from 'vitest';
import { push, resume, type UploadError } from '../../src/index.ts';
import { makeFile } from '../helpers/make-file.ts';
import { errorOf } from '../helpers/temporary.ts';
import type { Fault } from '../helpers/uploads-server/fault.ts';
import { setUp } from './library.ts';

/** The file is made, but the client never hears of it. */
const lost = { kind: 'reset', when: 'after-work', call: 'complete', nth: 1 } as const satisfies Fault;
/** No file is made. */
const failed = { kind: 'status', status: 500, call: 'complete', nth: 1 } as const satisfies Fault;
const noList = { kind: 'status', status: 500, call: 'listFiles', nth: 1 } as const satisfies Fault;

/** A push whose *complete* got no response, and whose file could not be looked up. */
async function setUpUnsettled(fault: Fault, options: object = {}) {
  // The server's clock stands still: a file of a second before an upload cannot be that upload's.
  const nowMs = Date.now();
  const world = await setUp({ faults: [fault, noList], now: () => nowMs });
  const copy = join(world.folder, 'copy.bin');
  await copyFile(world.path, copy);
  const error = await errorOf(() => push(world.path, { ...world.pushOptions, ...options, retries: 0 }));
  const { uploadId } = error as UploadError;
  const statusOf = async (id: string | undefined) =>
    (await world.sessions.list()).sessions.find(({ record }) => record.uploadId === id)?.record.status;
  expect(await statusOf(uploadId)).toBe('completing');
  return { ...world, copy, uploadId, statusOf, once: { ...world.pushOptions, ifNotUploaded: true } };
}

describe('an upload that may be complete', () => {
  it.each([
    ['has made a file', lost, {}],
    ['has made none', failed, {}],
    ['has made a file without an MD5', lost, { md5: false }],
  ])('is settled before another of the same bytes, when it %s', async (_, fault, options) => {
    const { server, copy, once, uploadId, statusOf } = await setUpUnsettled(fault, options);

    const result = await push(copy, once);

    expect(result).toMatchObject({ uploadId, alreadyUploaded: true, bytesSent: 0 });
    expect(server.files().map(({ id }) => id)).toEqual([result.fileId]);
    expect(server.uploads()).toHaveLength(1);
    expect(await statusOf(uploadId)).toBe('completed');
  });

  it('is none of the same bytes when it only has the same size', async () => {
    const { server, copy, once, uploadId, statusOf } = await setUpUnsettled(lost, { md5: false });
    await makeFile(copy, 2500, 7);
    expect((await push(copy, once)).alreadyUploaded).toBe(false);
    expect(server.files()).toHaveLength(2);
    expect(await statusOf(uploadId)).toBe('completing');
  });

  it('is named, and nothing is sent, when what became of it cannot be known', async () => {
    const { server, copy, once, uploadId } = await setUpUnsettled(lost);
    server.addFaults({ ...noList, status: 404, nth: 2, times: 1 });
    expect(await errorOf(() => push(copy, once))).toMatchObject({ code: 'completion_unknown', uploadId });
    expect(server.requests('create')).toHaveLength(1);
  });

  it('gives way when the server has cancelled it meanwhile', async () => {
    const { server, copy, once, uploadId, statusOf } = await setUpUnsettled(failed);
    server.expireUpload(uploadId ?? '');
    expect(await push(copy, once)).toMatchObject({ alreadyUploaded: false, bytesSent: 2500 });
    expect(await statusOf(uploadId)).toBe('expired');
  });

  it.each([2500, 2600])('is settled when its source was changed to %i bytes', async (bytes) => {
    const { server, path, pushOptions, uploadId, events, sessions } = await setUpUnsettled(lost);
    const [old] = server.files();
    const md5 = await makeFile(path, bytes, 7);
    server.addFaults({ ...lost, nth: 2 });

    const result = await push(path, pushOptions);

    expect([server.fileMd5(result.fileId), server.files().length]).toEqual([md5, 2]);
    const { sessions: saved } = await sessions.list();
    expect(saved.map(({ record }) => record.file?.id)).toContain(old?.id);
    expect(events).toContainEqual({
      type: 'passed_over',
      uploadId,
      reason: expect.stringContaining(`before that it was uploaded as ${old?.id}`),
    });
  });

  it('is said to be unknown when its source was changed and its file cannot be found for certain', async () => {
    const { server, path, pushOptions, events } = await setUpUnsettled(lost);
    server.addFaults({ ...noList, status: 404, nth: 2, times: 1 });
    await makeFile(path, 2500, 7);
    await push(path, pushOptions);
    const reason = expect.stringContaining('the list of files was refused');
    expect(events).toContainEqual(expect.objectContaining({ type: 'passed_over', reason }));
  });
});

describe('a complete that is delivered twice', () => {
  it.each([
    [400, 'The upload is already completed.'],
    [400, 'Already completed'],
    [404, 'No such upload.'],
    [404, 'Not found'],
    [409, 'Conflict'],
    [410, 'The upload is gone.'],
  ])('and answered %i, "%s", has made the file that is found', async (status, message) => {
    const { server, path, pushOptions } = await setUp({
      faults: [
        {
          kind: 'status',
          status,
          body: { error: { message } },
          headers: { 'retry-after-ms': '1' },
          when: 'after-work',
          call: 'complete',
          nth: 1,
        },
      ],
    });
    const { fileId } = await push(path, pushOptions);
    expect(server.files().map(({ id }) => id)).toEqual([fileId]);
    expect(server.requests('complete')).toHaveLength(1);
  });
});

describe('two files of one name, size and purpose that are both ours', () => {
  it('are told apart by the one *complete* that is sent again', async () => {
    const { server, path, pushOptions } = await setUp({ faults: [{ ...lost, nth: 1, times: 2 }] });
    const own = { ...pushOptions, resume: false };
    const results = await Promise.all([push(path, own), push(path, own)]);
    const ids = server.files().map(({ id }) => id);
    expect(new Set(results.map(({ fileId }) => fileId))).toEqual(new Set(ids));
    expect(ids).toHaveLength(2);
  });

  it('need no second *complete* when only one of the two waits for its file', async () => {
    const { server, path, pushOptions, uploadId, options } = await setUpUnsettled(lost);
    const twin = await push(path, { ...pushOptions, resume: false });
    await rm(path);

    const { fileId } = await resume(uploadId ?? '', options);

    expect(server.files().map(({ id }) => id)).toEqual([fileId, twin.fileId]);
    expect(server.requests('complete')).toHaveLength(2);
  });

  it('are told apart by the ledger when a session was forgotten', async () => {
    const { server, path, pushOptions, uploadId, options } = await setUpUnsettled(lost);
    const twin = await push(path, { ...pushOptions, resume: false });
    await rm(join(options.stateDir, `${twin.uploadId}.json`));
    const { fileId } = await resume(uploadId ?? '', options);
    expect(server.files().map(({ id }) => id)).toEqual([fileId, twin.fileId]);
  });

  it('are told apart by the ledger when the run was killed before it saved its file', async () => {
    const { path, pushOptions, options, sessions } = await setUp();
    const first = await push(path, pushOptions);
    const twin = await push(path, { ...pushOptions, resume: false });
    await rm(join(options.stateDir, `${first.uploadId}.json`));
    const saved = await sessions.read(twin.uploadId);
    const unsaved = { ...saved?.record, status: 'completing', file: null };
    await writeFile(join(options.stateDir, `${twin.uploadId}.json`), JSON.stringify(unsaved));
    expect((await resume(twin.uploadId, options)).fileId).toBe(twin.fileId);
  });

  it.each([
    ['the one that has made none first', [0, 1, 2]],
    ['the one that has made none last', [1, 2, 0]],
    ['the newest first', [2, 1, 0]],
    ['the newest last', [1, 0, 2]],
  ])('are told apart when a third push has made none, %s', async (_, order) => {
    let nowMs = Date.now();
    const { server, path, pushOptions, options } = await setUp({ now: () => nowMs });
    const uploadIds: string[] = [];
    for (const [fault, seconds] of [
      [failed, 0],
      [lost, 0],
      [lost, 2],
    ] as const) {
      nowMs += seconds * 1000;
      const nth = uploadIds.length + 1;
      server.addFaults({ ...fault, nth }, { ...noList, nth });
      const error = await errorOf(() => push(path, { ...pushOptions, resume: false, retries: 0 }));
      uploadIds.push((error as UploadError).uploadId ?? '');
    }
    expect(server.files()).toHaveLength(2);

    const told = [];
    for (const index of order) told.push((await resume(uploadIds[index] ?? '', options)).fileId);

    expect(told.sort()).toEqual(
      server
        .files()
        .map(({ id }) => id)
        .sort(),
    );
    expect(told).toHaveLength(3);
  });

  it('are not guessed at when their bytes differ', async () => {
    const { server, path, pushOptions, uploadId, folder } = await setUpUnsettled(lost);
    const other = join(folder, 'other', '..', 'b.bin');
    const md5 = await makeFile(other, 2500, 7);
    server.addFaults({ ...lost, nth: 2 }, { ...noList, nth: 2 });
    const named = { ...pushOptions, filename: 'a.bin', retries: 0 };
    await errorOf(() => push(other, named));

    expect(await errorOf(() => push(other, named))).toMatchObject({
      code: 'completion_unknown',
      message: expect.stringContaining(uploadId ?? ''),
    });
    expect((await push(path, pushOptions).catch((error: UploadError) => error)).uploadId).toBe(uploadId);
    expect(md5).toBe(server.fileMd5(server.files()[1]?.id ?? ''));
  });
});
