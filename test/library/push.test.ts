import { appendFile, readdir, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { describe, expect, it } from 'vitest';
import { push, type UploadError } from '../../src/index.ts';
import { makeFile } from '../helpers/make-file.ts';
import { noPatience } from '../helpers/sessions.ts';
import { errorOf } from '../helpers/temporary.ts';
import { setUp } from './library.ts';

describe('push', () => {
  it('makes the file, and tells all about it', async () => {
    const { server, path, md5, pushOptions } = await setUp();
    const result = await push(path, { ...pushOptions, expiresAfterSeconds: 3600, filename: 'b.jsonl' });
    const [file] = server.files();
    expect(result).toMatchObject({
      uploadId: server.uploads()[0]?.id,
      fileId: file?.id,
      filename: 'b.jsonl',
      path,
      bytes: 2500,
      purpose: 'user_data',
      md5,
      parts: 3,
      partsResumed: 0,
      bytesSent: 2500,
      retries: 0,
      file,
    });
    expect(result.seconds).toBeGreaterThanOrEqual(0);
    expect(server.fileMd5(result.fileId)).toBe(md5);
    expect(file).toMatchObject({ filename: 'b.jsonl', expires_at: file!.created_at! + 3600 });
  });

  it('does not wait for a process that sends an older state of its source', async () => {
    const { server, path, pushOptions, sessions } = await setUp({
      faults: [{ kind: 'status', status: 400, call: 'part', nth: 2 }],
    });
    await errorOf(() => push(path, { ...pushOptions, concurrency: 1 }));
    const other = await sessions.open(server.uploads()[0]?.id ?? '', noPatience);
    const md5 = await makeFile(path, 2500, 2);

    const { fileId } = await push(path, pushOptions);

    await other?.release();
    expect(server.fileMd5(fileId)).toBe(md5);
  });

  it('does not cancel the upload of another file when the server repeats its id', async () => {
    const { path, pushOptions, server, folder, stop, sessions } = await setUp({
      faults: [{ kind: 'status', status: 400, call: 'part', nth: 1 }],
    });
    await errorOf(() => push(path, pushOptions));
    const [first] = server.uploads();
    server.addFaults({ kind: 'garble', body: JSON.stringify(first), call: 'create', nth: 2 });

    const other = join(folder, 'b.bin');
    await makeFile(other, 10);
    const refused = {
      code: 'request_refused',
      isRetryable: false,
      uploadId: first!.id,
      message: expect.stringContaining(`unfinished upload of ${path} `),
    };
    expect(await errorOf(() => push(other, pushOptions))).toMatchObject({
      ...refused,
      facts: { freedBy: 'resume' },
    });

    server.addFaults({ kind: 'garble', body: JSON.stringify(first), call: 'create', nth: 'every' });
    const anew = { ...pushOptions, resume: false };
    expect(await errorOf(() => push(path, anew))).toMatchObject({ ...refused, facts: { freedBy: 'cancel' } });

    const working = await sessions.open(first!.id, noPatience);
    expect(await errorOf(() => push(other, pushOptions))).toMatchObject({ code: 'session_locked' });
    await working?.release();
    expect(server.upload(first!.id)?.status).toBe('pending');
    expect(server.requests('cancel')).toEqual([]);
    expect(stop.signal.aborted).toBe(false);
  });

  it.each([
    ['a part, by its status', 7, 'the server says that'],
    ['its size', 8, 'is for a file of'],
  ])('takes no file of an old response to create for its own, and sees it by %s', async (_, more, why) => {
    const { path, pushOptions, server, sessions, folder } = await setUp();
    const { uploadId, fileId, bytes } = await push(path, pushOptions);
    const body = JSON.stringify(server.upload(uploadId));
    server.addFaults({ kind: 'garble', body, call: 'create', nth: 'every' });
    await sessions.forget(uploadId, () => true);
    const other = join(folder, 'b.bin');
    await makeFile(other, bytes + more - 7, 7);

    const named = { ...pushOptions, filename: server.upload(uploadId)?.filename ?? '' };
    expect(await errorOf(() => push(other, named))).toMatchObject({
      code: 'request_refused',
      message: expect.stringContaining(why),
    });
    // Nor later, when it goes on with what was saved.
    expect(await errorOf(() => push(other, named))).toMatchObject({ code: 'request_refused' });
    expect(server.files().map(({ id }) => id)).toEqual([fileId]);
  });

  it('keeps the record of a completed upload when the response to its create comes again', async () => {
    const { path, pushOptions, server, sessions, folder } = await setUp();
    const { uploadId, bytes } = await push(path, pushOptions);
    const body = JSON.stringify(server.upload(uploadId));
    server.addFaults({ kind: 'garble', body, call: 'create', nth: 'every' });
    const other = join(folder, 'b.bin');
    await makeFile(other, bytes + 1, 7);

    expect(await errorOf(() => push(other, pushOptions))).toMatchObject({ code: 'request_refused' });

    expect((await sessions.read(uploadId))?.record.status).toBe('completed');
  });

  it.each(['completed', 'cancelled', 'expired'])(
    'replaces the record of an upload that is %s when the server gives its id again',
    async (status) => {
      const { path, pushOptions, server, folder, sessions, options } = await setUp({
        faults: [{ kind: 'hold', label: 'create', call: 'create', nth: 2 }],
      });
      const first = await push(path, pushOptions);
      const other = join(folder, 'b.bin');
      const md5 = await makeFile(other, 10, 7);
      const pushing = push(other, pushOptions);
      await server.waitForHeld('create');
      const { record } = (await sessions.read(first.uploadId))!;
      const uploadId = server.uploads()[1]!.id;
      await writeFile(
        join(options.stateDir, `${uploadId}.json`),
        JSON.stringify({ ...record, uploadId, status }),
      );
      server.release('create');

      const { fileId } = await pushing;

      expect(server.fileMd5(fileId)).toBe(md5);
      expect((await sessions.read(uploadId))?.record).toMatchObject({
        status: 'completed',
        source: { bytes: 10 },
      });
    },
  );

  it.each(['expireUpload', 'cancel'] as const)(
    'starts over by itself when the upload it goes on with is over: %s',
    async (how) => {
      const { path, md5, pushOptions, options, server, events } = await setUp({
        faults: [{ kind: 'status', status: 400, call: 'part', nth: 3 }],
      });
      const { uploadId = '' } = (await errorOf(() => push(path, pushOptions))) as UploadError;
      if (how === 'expireUpload') server.expireUpload(uploadId);
      // From another machine, so that nothing here knows of it.
      else {
        const headers = { authorization: `Bearer ${server.apiKey}` };
        await fetch(`${options.baseUrl}/uploads/${uploadId}/cancel`, { method: 'POST', headers });
      }

      const { fileId } = await push(path, pushOptions);

      expect(server.fileMd5(fileId)).toBe(md5);
      expect(server.uploads()).toHaveLength(2);
      expect(events).toContainEqual(expect.objectContaining({ type: 'passed_over', uploadId }));
    },
  );

  it.each([
    ...['..', '.', 'config', '\ud800'].map((id) => ({ id, created_at: 1, expires_at: 2e9 })),
    [],
    null,
    'upload_1',
  ])('makes nothing of the response %j', async (response) => {
    const body = JSON.stringify(response);
    const { path, pushOptions, server, options } = await setUp({
      faults: [{ kind: 'garble', body, call: 'create', nth: 'every' }],
    });
    expect(await errorOf(() => push(path, pushOptions))).toMatchObject({
      code: 'request_refused',
      message: expect.stringContaining('has no usable field "id"'),
    });
    expect(server.requests().map(({ call }) => call)).toEqual(['create']);
    expect(await readdir(options.stateDir)).toEqual([]);
  });

  it.each([
    ['is cancelled', { status: 'cancelled' }, 'upload_cancelled'],
    ['is expired', { status: 'expired' }, 'upload_expired'],
  ])('does not take a completion that %s for a success', async (_, changes, code) => {
    const { path, pushOptions, server } = await setUp();
    server.addFaults({
      kind: 'status',
      status: 200,
      body: { object: 'upload', file: { id: 'file-1', object: 'file' }, ...changes },
      call: 'complete',
      nth: 1,
    });
    expect(await errorOf(() => push(path, pushOptions))).toMatchObject({ code });
  });

  it.each([
    ['of another upload', { id: 'upload_other', status: 'completed', file: { id: 'file-1' } }],
    ['that is still open', { status: 'pending', file: { id: 'file-1' } }],
  ])('does not believe a completion %s, and looks for the file', async (_, body) => {
    const { path, pushOptions, server } = await setUp();
    server.addFaults({ kind: 'status', status: 200, body, when: 'after-work', call: 'complete', nth: 1 });
    expect(await push(path, pushOptions)).toMatchObject({ fileId: server.files()[0]?.id });
    expect(server.requests('listFiles')).toHaveLength(1);
  });

  it('is not ended by a Date of the year 2400', async () => {
    const headers = { date: 'Fri, 01 Jan 2400 00:00:00 GMT' };
    const { path, pushOptions, server } = await setUp({
      faults: [
        { kind: 'status', status: 500, headers, call: 'create', nth: 1 },
        { kind: 'status', status: 500, headers, call: 'part', nth: 2 },
        { kind: 'status', status: 500, headers, call: 'complete', nth: 1 },
      ],
    });
    expect(await push(path, pushOptions)).toMatchObject({ retries: 3 });
    expect(server.files()).toHaveLength(1);
  });

  it('tells of its steps in order, and of progress in totals that end at the whole', async () => {
    const { path, pushOptions, events } = await setUp();
    await push(path, pushOptions);
    const steps = events.filter(({ type }) => !['progress', 'request'].includes(type));
    expect(steps).toMatchObject([
      { type: 'started', bytes: 2500, parts: 3, partBytes: 1000, concurrency: 64, partsResumed: 0 },
      { type: 'phase', phase: 'sending' },
      { type: 'phase', phase: 'hashing' },
      { type: 'phase', phase: 'completing' },
      { type: 'completed' },
    ]);
    const progress = events.flatMap((event) => (event.type === 'progress' ? [event] : []));
    expect(progress.at(-1)).toMatchObject({
      acknowledgedBytes: 2500,
      acknowledgedParts: 3,
      inFlightBytes: 0,
    });
    const acknowledged = progress.map(({ acknowledgedBytes }) => acknowledgedBytes);
    expect(acknowledged).toEqual([...acknowledged].sort((a, b) => a - b));
  });

  it('cures what can be cured, and counts it', async () => {
    const { server, path, md5, pushOptions, events } = await setUp({
      faults: [
        { kind: 'status', status: 500, headers: { 'retry-after-ms': '1' }, call: 'create', nth: 1 },
        { kind: 'status', status: 503, headers: { 'retry-after-ms': '1' }, call: 'part', nth: 2 },
        { kind: 'status', status: 500, headers: { 'retry-after-ms': '1' }, call: 'complete', nth: 1 },
      ],
    });
    const result = await push(path, pushOptions);
    expect(result.retries).toBe(3);
    expect(server.fileMd5(result.fileId)).toBe(md5);
    const retried = events.flatMap((event) => (event.type === 'retry' ? [event.what] : []));
    expect(retried).toMatchObject(['create', expect.stringMatching(/^part [123]$/), 'complete']);
    server.assertAllFaultsHappened();
  });

  it('does without the MD5 when it is not wanted', async () => {
    const { path, pushOptions } = await setUp();
    expect((await push(path, { ...pushOptions, md5: false })).md5).toBeNull();
  });

  it('continues the unfinished upload of the same file', async () => {
    const { server, path, md5, pushOptions, partsTaken } = await setUp({
      faults: [{ kind: 'status', status: 400, call: 'part', nth: 2 }],
    });
    const one = { ...pushOptions, concurrency: 1 };
    expect(await errorOf(() => push(path, one))).toMatchObject({ code: 'request_refused' });
    const result = await push(path, one);
    expect(server.uploads()).toHaveLength(1);
    expect(result).toMatchObject({ partsResumed: 1, bytesSent: 1500, md5 });
    expect(partsTaken()).toEqual([1000, 1000, 500]);
  });

  it('starts over when asked to, or when the file has changed', async () => {
    const { server, path, pushOptions } = await setUp({
      faults: [{ kind: 'status', status: 400, call: 'part', nth: 'every' }],
    });
    await errorOf(() => push(path, pushOptions));
    await errorOf(() => push(path, { ...pushOptions, resume: false }));
    expect(server.uploads()).toHaveLength(2);
    await appendFile(path, 'more');
    await errorOf(() => push(path, pushOptions));
    expect(server.uploads()).toHaveLength(3);
  });

  it('takes from the environment what the options leave out', async () => {
    const { server, path, pushOptions } = await setUp();
    const { apiKey, baseUrl, ...rest } = pushOptions;
    Object.assign(process.env, { OPENAI_API_KEY: apiKey, OPENAI_BASE_URL: baseUrl });
    try {
      await push(path, rest);
    } finally {
      delete process.env.OPENAI_API_KEY;
      delete process.env.OPENAI_BASE_URL;
    }
    expect(server.files()).toHaveLength(1);
  });
});

describe('push fails', () => {
  it.each([
    ['for a file that is not there', 'nowhere', 'source_not_found'],
    ['for a directory', '.', 'source_not_a_file'],
  ])('%s, before any request', async (_, name, code) => {
    const { server, folder, pushOptions } = await setUp();
    expect(await errorOf(() => push(join(folder, name), pushOptions))).toMatchObject({ code });
    expect(server.requests()).toEqual([]);
  });

  it.each([
    ['no purpose', { purpose: ' ' }, 'usage'],
    ['half a part', { partBytes: 0.5 }, 'usage'],
    ['no concurrency', { concurrency: Number.NaN }, 'usage'],
    ['no key', { apiKey: '' }, 'api_key_missing'],
    ['a key with a line break', { apiKey: 'sk-1\n' }, 'usage'],
  ])('for want of sense: %s', async (_, changes, code) => {
    const { server, path, pushOptions } = await setUp();
    expect(await errorOf(() => push(path, { ...pushOptions, ...changes }))).toMatchObject({ code });
    expect(server.requests()).toEqual([]);
  });

  it('when the parts are so small that there are more than 10,000', async () => {
    const { server, folder, pushOptions } = await setUp();
    const path = join(folder, 'b.bin');
    await makeFile(path, 10_001);
    expect(await errorOf(() => push(path, { ...pushOptions, partBytes: 1 }))).toMatchObject({
      code: 'usage',
    });
    expect(server.requests()).toEqual([]);
  });

  it('with what the server said, the upload’s id and the path, when a part is refused', async () => {
    const { server, path, pushOptions } = await setUp({
      faults: [{ kind: 'status', status: 400, call: 'part', nth: 1 }],
    });
    expect(await errorOf(() => push(path, pushOptions))).toMatchObject({
      name: 'UploadError',
      code: 'request_refused',
      isRetryable: false,
      uploadId: server.uploads()[0]?.id,
      facts: { path, httpStatus: 400, requestId: expect.stringMatching(/^req_/) },
    });
  });

  it('for good when the server gives one id to two parts', async () => {
    const same = { kind: 'garble', body: '{"id":"part_same"}', call: 'part', nth: 'every' } as const;
    const { server, path, pushOptions, sessions } = await setUp({ faults: [same] });

    const failure = await errorOf(() => push(path, pushOptions));

    expect(failure).toMatchObject({ code: 'request_refused', message: expect.stringContaining('part_same') });
    expect(server.requests('complete')).toEqual([]);
    expect(server.uploads()).toMatchObject([{ status: 'cancelled' }]);
    expect((await sessions.list()).sessions).toMatchObject([{ record: { status: 'cancelled' } }]);
  });

  it('with the account’s fault for a wrong key', async () => {
    const { path, pushOptions } = await setUp();
    expect(await errorOf(() => push(path, { ...pushOptions, apiKey: 'sk-wrong' }))).toMatchObject({
      code: 'authentication',
    });
  });

  it('after its retries when nothing answers', async () => {
    const { server, path, pushOptions } = await setUp();
    await server.close();
    expect(await errorOf(() => push(path, { ...pushOptions, retries: 0 }))).toMatchObject({
      code: 'network',
      isRetryable: true,
    });
  });

  it('when the state cannot be saved, and leaves no upload open on the server', async () => {
    const { server, path, pushOptions } = await setUp();
    expect(await errorOf(() => push(path, { ...pushOptions, stateDir: join(path, 'state') }))).toMatchObject({
      code: expect.stringMatching(/^session_un(writ|read)able$/),
    });
    expect(server.uploads().filter(({ status }) => status === 'pending')).toEqual([]);
  });
});
