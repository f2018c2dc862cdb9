import { createHash } from 'node:crypto';
import { readdir, readFile } from 'node:fs/promises';
import { join } from 'node:path';
import { Readable } from 'node:stream';
import { describe, expect, it } from 'vitest';
import { cancel, push, resume, type UploadError } from '../../src/index.ts';
import { makeFile } from '../helpers/make-file.ts';
import { errorOf } from '../helpers/temporary.ts';
import type { Fault } from '../helpers/uploads-server/fault.ts';
import { PROFILE_NAMES, type ProfileName } from '../helpers/uploads-server/server-profile.ts';
import type { UploadsServerOptions } from '../helpers/uploads-server/uploads-server.ts';
import { setUp } from './library.ts';

const lostPart: Fault = { kind: 'reset', when: 'after-work', call: 'part', nth: 2 };
const lostComplete: Fault = { kind: 'reset', when: 'after-work', call: 'complete', nth: 1 };
const stopAtSecond: Fault = { kind: 'status', status: 500, call: 'part', nth: 2, when: 'before-body' };

const failureOf = async (run: () => Promise<unknown>) => (await errorOf(run)) as UploadError;

async function on(serverOptions: UploadsServerOptions) {
  const all = await setUp(serverOptions);
  const { flags, minPartBytes, takesMd5 } = all.server.profile;
  const partBytes = Math.max(1000, minPartBytes);
  const options = { ...all.options, ...(flags.server.length > 0 && { auth: 'api-key' as const }) };
  const md5 = minPartBytes > 1 ? await makeFile(all.path, 2.5 * partBytes) : all.md5;
  const statuses = () => all.server.uploads().map(({ status }) => status);
  const filesOf = () => all.server.files().map(({ id }) => [id, all.server.fileMd5(id)]);
  const pushOptions = { ...all.pushOptions, ...options, partBytes, md5: takesMd5, concurrency: 1 };
  return { ...all, options, md5, pushOptions, statuses, filesOf };
}

describe.each(PROFILE_NAMES)('a server like %s', (profile) => {
  it('has a file once that is pushed twice, if not uploaded', async () => {
    const { path, pushOptions, md5, filesOf } = await on({ profile });
    const first = await push(path, { ...pushOptions, ifNotUploaded: true });
    const second = await push(path, { ...pushOptions, ifNotUploaded: true });
    expect([first.alreadyUploaded, second.alreadyUploaded]).toEqual([false, true]);
    expect(filesOf()).toEqual([[second.fileId, md5]]);
  });

  it('has it once when the response to a part is lost', async () => {
    const { server, path, pushOptions, md5, filesOf, statuses, events } = await on({
      profile,
      faults: [lostPart],
    });
    const { fileId } = await push(path, pushOptions);
    expect(filesOf()).toEqual([[fileId, md5]]);

    const isCounting = server.profile.surplus !== null;
    expect(statuses()).toEqual(isCounting ? ['cancelled', 'completed'] : ['completed']);
    expect(events.filter(({ type }) => type === 'passed_over')).toHaveLength(isCounting ? 1 : 0);
  });

  it('has it once when the response to complete is lost', async () => {
    const { path, pushOptions, md5, filesOf, server } = await on({ profile, faults: [lostComplete] });
    const { fileId } = await push(path, pushOptions);
    expect(filesOf()).toEqual([[fileId, md5]]);
    expect(server.requests('complete')).toHaveLength(1);
  });

  it('goes on with what an orderly end has left, and cancels it', async () => {
    const { path, pushOptions, options, md5, filesOf, statuses } = await on({
      profile,
      faults: [stopAtSecond],
    });
    const { uploadId = '' } = await failureOf(() => push(path, { ...pushOptions, retries: 0 }));
    const { fileId } = await resume(uploadId, { ...options, concurrency: 1 });
    expect(filesOf()).toEqual([[fileId, md5]]);

    const again = await on({ profile, faults: [stopAtSecond] });
    const stopped = await failureOf(() => push(again.path, { ...again.pushOptions, retries: 0 }));
    await cancel(stopped.uploadId ?? '', again.options);
    expect([statuses().at(-1), again.statuses()]).toEqual(['completed', ['cancelled']]);
  });
});

const KEEPING = ['counting', 'counting-409', 'counting-complete'] as const;

describe.each(KEEPING)('what a server like %s keeps', (profile) => {
  it('besides a changed part that is sent anew does not hold up the file', async () => {
    const { path, pushOptions, options, filesOf } = await on({ profile, faults: [stopAtSecond] });
    const { uploadId = '' } = await failureOf(() => push(path, { ...pushOptions, retries: 0 }));
    const md5 = await makeFile(path, 2500, 7);
    const changed = { ...options, concurrency: 1, reuploadChanged: true };
    const { fileId } = await resume(uploadId, changed);
    expect(filesOf()).toEqual([[fileId, md5]]);
  });

  it.each([500, 503])('of a part that it answers with %i does not hold up the file', async (status) => {
    const failed: Fault = { kind: 'status', status, when: 'after-work', call: 'part', nth: 2 };
    const { path, pushOptions, md5, filesOf } = await on({ profile, faults: [failed] });
    const own = { ...pushOptions, retries: 0 };
    await failureOf(() => push(path, own));
    const { fileId } = await push(path, own);
    expect(filesOf()).toEqual([[fileId, md5]]);
  });
});

describe('a server that does not say how long an upload lives', () => {
  it.each(['no-times', 'past-times'] as const)('is warned of once: %s', async (profile) => {
    const { path, pushOptions, events, sessions } = await on({ profile });
    await push(path, pushOptions);
    await push(path, { ...pushOptions, resume: false });
    expect(events.filter(({ type }) => type === 'lifetime_unknown')).toHaveLength(2);
    expect(events.find(({ type }) => type === 'started')).toMatchObject({ timeLeftMs: null });
    expect((await sessions.list()).sessions[0]?.record).toMatchObject({ isLifetimeUnknown: true });
  });
});

describe('an upload that its server has forgotten', () => {
  const stopped = async (profile: ProfileName, call: Fault['call'], words = 'Not Found') => {
    const all = await on({ profile, faults: [stopAtSecond] });
    const { uploadId = '' } = await failureOf(() => push(all.path, { ...all.pushOptions, retries: 0 }));
    const body = JSON.stringify({ detail: words });
    all.server.addFaults({ kind: 'status', status: 404, body, call, nth: call === 'part' ? 3 : 1 });
    const status = async () => (await all.sessions.read(uploadId))?.record.status;
    return { ...all, uploadId, status };
  };

  it.each(['part', 'complete'] as const)('is pushed again: 404 to %s', async (call) => {
    const { path, pushOptions, md5, filesOf, status } = await stopped('no-times', call);
    const { fileId } = await push(path, pushOptions);
    expect([filesOf(), await status()]).toEqual([[[fileId, md5]], 'expired']);
  });

  it.each(['part', 'complete'] as const)('ends a resume: 404 to %s', async (call) => {
    const { uploadId, options, status } = await stopped('past-times', call, 'Upload not found');
    const failed = await failureOf(() => resume(uploadId, options));
    expect(failed).toMatchObject({ code: 'upload_expired', facts: { repush: { purpose: 'user_data' } } });
    expect(await status()).toBe('expired');
  });

  it('also without a list of files', async () => {
    const { server, uploadId, options, status } = await stopped('no-times', 'complete');
    server.addFaults({ kind: 'status', status: 404, call: 'listFiles', nth: 'every' });
    expect(await failureOf(() => resume(uploadId, options))).toMatchObject({ code: 'upload_expired' });
    expect(await status()).toBe('expired');
  });

  it('while it was completed is looked for twice', async () => {
    const { server, path, pushOptions, uploadId, options, status } = await stopped('no-times', 'cancel');
    server.addFaults(
      { kind: 'reset', when: 'start', call: 'complete', nth: 1 },
      { kind: 'status', status: 404, call: 'complete', nth: 'every' },
    );
    expect(await failureOf(() => resume(uploadId, options))).toMatchObject({ code: 'completion_unknown' });
    expect(await status()).toBe('completing');
    expect(await failureOf(() => push(path, pushOptions))).toMatchObject({ code: 'upload_expired' });
    expect(await status()).toBe('expired');
  });

  it('is cancelled', async () => {
    const { uploadId, options, status } = await stopped('no-times', 'cancel');
    expect(await cancel(uploadId, options)).toMatchObject({ status: 'expired', wasOpen: false });
    expect(await status()).toBe('expired');
  });

  it.each(['part', 'complete', 'cancel'] as const)(
    'may live behind another key while its time is not up: 404 to %s',
    async (call) => {
      const { uploadId, options, status } = await stopped('strict', call);
      const failed = await failureOf(() => (call === 'cancel' ? cancel : resume)(uploadId, options));
      expect([failed.code, await status()]).toEqual(['request_refused', 'pending']);
    },
  );
});

describe('a refusal after a part whose response was lost', () => {
  const refused = (status: number, nth: Fault['nth']): Fault =>
    ({ kind: 'status', status, call: 'part', nth, when: 'before-body' }) as Fault;

  it.each([400, 405, 409, 413, 418, 422])('with %i begins the upload again', async (status) => {
    const { path, pushOptions, statuses, md5, filesOf } = await on({
      faults: [lostPart, refused(status, 3), ...(status === 409 ? [refused(status, 4)] : [])],
    });
    const { fileId } = await push(path, pushOptions);
    expect([statuses(), filesOf()]).toEqual([['cancelled', 'completed'], [[fileId, md5]]]);
  });

  it('begins a new upload, and leaves an older one alone, without resume', async () => {
    const { server, path, pushOptions, statuses, filesOf, md5 } = await on({ faults: [stopAtSecond] });
    await failureOf(() => push(path, { ...pushOptions, retries: 0 }));
    const lost: Fault = { kind: 'reset', when: 'after-work', call: 'part', nth: 3 };
    server.addFaults(lost, refused(400, 4));
    const { fileId } = await push(path, { ...pushOptions, resume: false });
    expect([statuses(), filesOf()]).toEqual([['pending', 'cancelled', 'completed'], [[fileId, md5]]]);
  });

  it.each([
    [401, 'authentication'],
    [403, 'authentication'],
  ])('with %i is about the key', async (status, code) => {
    const { path, pushOptions, statuses } = await on({ faults: [lostPart, refused(status, 3)] });
    expect(await failureOf(() => push(path, pushOptions))).toMatchObject({ code });
    expect(statuses()).toEqual(['pending']);
  });

  const refusedComplete: Fault = {
    kind: 'status',
    status: 400,
    call: 'complete',
    nth: 2,
    when: 'before-body',
  };
  const noFiles = '{"object":"list","data":[],"has_more":false}';

  it('makes no second file while the list may not show that of a lost complete yet', async () => {
    const lateList: Fault = { kind: 'garble', body: noFiles, call: 'listFiles', nth: 1, times: 2 };
    const faults = [lostPart, lostComplete, refusedComplete, lateList];
    const { path, pushOptions, options, statuses, md5, filesOf } = await on({ faults });
    const { code, uploadId = '' } = await failureOf(() => push(path, pushOptions));
    expect([code, statuses()]).toEqual(['completion_unknown', ['completed']]);

    const { fileId } = await resume(uploadId, options);
    expect(filesOf()).toEqual([[fileId, md5]]);
  });

  it('begins it again once the upload is cancelled, so that the lost complete made no file', async () => {
    const faults = [lostPart, { kind: 'reset', when: 'start', call: 'complete', nth: 1 }, refusedComplete];
    const { path, pushOptions, statuses, md5, filesOf } = await on({ faults: faults as Fault[] });
    const { fileId } = await push(path, pushOptions);
    expect([statuses(), filesOf()]).toEqual([['cancelled', 'completed'], [[fileId, md5]]]);
  });

  it.each([400, 413])('with %i begins it again once, and then ends with that', async (status) => {
    const faults = [lostPart, { ...lostPart, nth: 5 }, refused(status, 3), refused(status, 6)] as Fault[];
    const { path, pushOptions, statuses, events } = await on({ faults });
    expect(await failureOf(() => push(path, pushOptions))).toMatchObject({
      code: 'request_refused',
      hint: expect.stringContaining('push the file again'),
      facts: { isFinal: true, mayCountTwice: true },
    });
    expect(statuses()).toEqual(['cancelled', 'cancelled']);
    expect(events.filter(({ type }) => type === 'passed_over')).toHaveLength(1);
  });

  it('is not the reason when every response has come', async () => {
    const { path, pushOptions, options, statuses, sessions } = await on({ faults: [refused(400, 2)] });
    const { uploadId = '' } = await failureOf(() => push(path, pushOptions));
    const { record } = (await sessions.read(uploadId)) ?? {};
    expect([statuses(), record?.status, record?.mayHoldMore]).toEqual([['pending'], 'pending', false]);
    expect(await resume(uploadId, options)).toMatchObject({ uploadId, partsResumed: 1 });
  });

  it('is remembered by the record when the run ends', async () => {
    const { path, pushOptions, options, sessions, server, statuses } = await on({ faults: [lostPart] });
    const { uploadId = '' } = await failureOf(() => push(path, { ...pushOptions, retries: 0 }));
    expect((await sessions.read(uploadId))?.record.mayHoldMore).toBe(true);

    server.addFaults(refused(400, 3));
    await resume(uploadId, { ...options, concurrency: 1 });
    expect(statuses()).toEqual(['cancelled', 'completed']);
  });

  it.each([400, 422])(
    'of complete with %i for more bytes begins it again once, also when none was lost',
    async (status) => {
      const complete = (held: number, nth: Fault['nth']): Fault => {
        const message = `Bytes uploaded (${held}) does not match expected bytes (2500)`;
        return { kind: 'status', status, body: { error: { message } }, call: 'complete', nth } as Fault;
      };
      const { path, pushOptions, statuses, server } = await on({ faults: [complete(3500, 1)] });
      await push(path, pushOptions);
      expect(statuses()).toEqual(['cancelled', 'completed']);

      server.addFaults(complete(3500, 'every'));
      const failed = await failureOf(() => push(path, { ...pushOptions, resume: false }));
      expect([failed.code, server.requests('create').length]).toEqual(['integrity', 4]);
    },
  );

  it('leaves an upload open that cannot be cancelled, which is told once', async () => {
    const { path, pushOptions, statuses, events } = await on({
      faults: [lostPart, refused(400, 3), { kind: 'status', status: 405, call: 'cancel', nth: 'every' }],
    });
    await push(path, pushOptions);
    expect(statuses()).toEqual(['pending', 'completed']);
    expect(events.filter(({ type }) => type === 'left_open')).toMatchObject([
      { error: { message: expect.stringContaining('HTTP 405') } },
    ]);
  });

  it('begins it again also where the new upload has the same id', async () => {
    const faults = [lostPart, refused(400, 3)];
    const { path, pushOptions, md5, filesOf } = await on({ profile: 'repeated-ids', faults });
    const { fileId } = await push(path, pushOptions);
    expect(filesOf()).toEqual([[fileId, md5]]);
  });

  it('of a stream begins it again also where the new upload has the same id', async () => {
    const faults = [lostPart, refused(400, 3)];
    const { pushOptions, filesOf, sessions } = await on({ profile: 'repeated-ids', faults });
    const bytes = Buffer.alloc(2500, 'b');
    const { fileId, uploadId } = await push(Readable.from([bytes]), { ...pushOptions, filename: 'b.bin' });
    expect(filesOf()).toEqual([[fileId, createHash('md5').update(bytes).digest('hex')]]);
    expect((await sessions.read(uploadId))?.record).toMatchObject({ status: 'completed' });
  });

  it('of complete, in whatever words, begins it again', async () => {
    const words = JSON.stringify({ error: { message: 'Nope.' } });
    const { path, pushOptions, statuses } = await on({
      faults: [lostPart, { kind: 'status', status: 400, body: words, call: 'complete', nth: 1 }],
    });
    await push(path, pushOptions);
    expect(statuses()).toEqual(['cancelled', 'completed']);
  });
});

describe('an expired upload whose id is given again', () => {
  it('is started over, and found by the next push when that is stopped', async () => {
    const { server, path, options, pushOptions, md5, filesOf } = await on({
      profile: 'repeated-ids',
      faults: [stopAtSecond, { ...stopAtSecond, nth: 5 } as Fault],
    });
    const { uploadId = '' } = await failureOf(() => push(path, { ...pushOptions, retries: 0 }));
    server.expireUpload(uploadId);
    expect(await failureOf(() => resume(uploadId, options))).toMatchObject({ code: 'upload_expired' });

    const again = { ...options, restart: true, concurrency: 1, retries: 0 };
    expect(await failureOf(() => resume(uploadId, again))).toMatchObject({ code: 'server_error' });
    const { fileId, partsResumed } = await push(path, pushOptions);
    expect([filesOf(), partsResumed]).toEqual([[[fileId, md5]], 1]);
  });
});

describe('413', () => {
  const bySpeed = { partBytes: undefined, concurrency: 1 } as unknown as { partBytes: number };

  async function linkFacts(stateDir: string): Promise<Record<string, unknown>> {
    const folder = join(stateDir, 'links');
    const [name = ''] = await readdir(folder);
    return JSON.parse(await readFile(join(folder, name), 'utf8'));
  }

  it('to a part makes the parts smaller, which is remembered for the server', async () => {
    const { path, pushOptions, options, server, statuses } = await on({ profile: 'small-bodies' });
    const md5 = await makeFile(path, 7_000_000);
    const { fileId } = await push(path, { ...pushOptions, ...bySpeed });
    expect([server.fileMd5(fileId), statuses()]).toEqual([md5, ['completed']]);
    expect(await linkFacts(options.stateDir)).toMatchObject({ maxPartBytes: expect.any(Number) });

    const refusedBefore = server.requests('part').filter(({ status }) => status === 413).length;
    await push(path, { ...pushOptions, ...bySpeed, resume: false });
    expect(refusedBefore).toBeGreaterThan(0);
    expect(server.requests('part').filter(({ status }) => status === 413)).toHaveLength(refusedBefore);
  });

  it('in the form of a closed connection is suspected where the size is fixed', async () => {
    const closing = (kind: Fault): Parameters<typeof on>[0] => ({ faults: [kind] });
    const cut: Fault = { kind: 'reset', when: 'after-bytes', bytes: 100_000, call: 'part', nth: 1 };
    const { path, pushOptions } = await on(closing(cut));
    await makeFile(path, 3_000_000);
    const own = { ...pushOptions, partBytes: 2_000_000, retries: 0 };
    expect((await failureOf(() => push(path, own))).hint).toMatch(
      /^Check the network.* `resume: false` and smaller parts, such as `partBytes: 1000000`/,
    );

    const later = await on(closing({ ...cut, bytes: 500, nth: 2 } as Fault));
    const failed = await failureOf(() => push(later.path, { ...later.pushOptions, retries: 0 }));
    expect(failed.hint).not.toContain('smaller');
  });

  it('to the smallest part says so in the words of the server', async () => {
    const { path, pushOptions, server } = await on({ profile: 'small-bodies' });
    await makeFile(path, 4_500_000);
    const failed = await failureOf(() => push(path, { ...pushOptions, ...bySpeed, minPartBytes: 1_500_000 }));
    expect(failed).toMatchObject({
      code: 'request_refused',
      message: expect.stringContaining('413 Request Entity Too Large'),
      hint: expect.stringMatching(/`resume: false` and smaller parts, such as `minPartBytes: 1000000`/),
    });
    expect(server.requests('part')).toHaveLength(1);

    const fixed = await failureOf(() => push(path, { ...pushOptions, partBytes: 2_000_000, resume: false }));
    expect(fixed.hint).toContain('`partBytes: 1000000`');
  });

  it('for the whole file is not about the size of a part, and no size is remembered', async () => {
    const { path, pushOptions, options } = await on({ profile: 'small-total' });
    await makeFile(path, 6_000_000);
    const failed = await failureOf(() => push(path, { ...pushOptions, ...bySpeed }));
    expect(failed).toMatchObject({
      code: 'request_refused',
      message: expect.stringContaining('An upload has at most 5000000 bytes.'),
      hint: expect.stringContaining('fewer bytes or fewer parts'),
    });
    // The one size that it advises is the last one.
    const partBytes = Number(/`partBytes: (\d+)`/.exec(failed.hint)?.[1]);
    const again = await failureOf(() => push(path, { ...pushOptions, partBytes, resume: false }));
    expect(again).toMatchObject({
      hint: expect.stringContaining('takes no file of this size'),
      facts: { canStartOver: false },
    });
    expect(await linkFacts(options.stateDir).catch(() => ({}))).not.toHaveProperty('maxPartBytes');
  });

  it('for one part too many names a size that makes fewer', async () => {
    const { path, pushOptions } = await on({ profile: 'few-parts' });
    const failed = await failureOf(() => push(path, { ...pushOptions, partBytes: 100 }));
    expect(failed.hint).toContain('`resume: false` and larger ones, such as `partBytes: 1600`');
    await push(path, { ...pushOptions, partBytes: 1600, resume: false });
  });

  it.each([
    ['create', {}],
    ['part', { partBytes: 50_000 }],
    ['part', { ...bySpeed, minPartBytes: 50_000 }],
  ] as const)('to every %s is about the file: %j', async (call, sizes) => {
    const words = JSON.stringify({ detail: 'The file declares more than this server takes.' });
    const { path, pushOptions } = await on({
      faults: [{ kind: 'status', status: 413, body: words, call, nth: 'every' }],
    });
    await makeFile(path, 120_000);
    expect(await failureOf(() => push(path, { ...pushOptions, ...sizes }))).toMatchObject({
      message: expect.stringContaining('declares more than this server takes'),
      hint: expect.stringMatching(/takes no file of this size.*`pushSplit`/),
    });
  });
});

describe('a response to complete', () => {
  const completesWith = (file: object): Fault => ({
    kind: 'garble',
    call: 'complete',
    nth: 1,
    body: JSON.stringify({ id: 7, status: null, file: { id: 'file-7', ...file } }),
  });

  it.each([
    { bytes: '2500', created_at: '2026-11-28T12:00:00Z', expires_at: 'never' },
    { bytes: '2.5 kB', filename: 7, purpose: null },
  ])('needs no more than the id of its file: %j', async (fields) => {
    const { path, pushOptions } = await on({ faults: [completesWith(fields)] });
    expect(await push(path, pushOptions)).toMatchObject({ fileId: 'file-7' });
  });

  it.each([1, '1', -1])('with a file of %j bytes has not what was sent', async (bytes) => {
    const { path, pushOptions } = await on({ faults: [completesWith({ bytes })] });
    expect(await failureOf(() => push(path, pushOptions))).toMatchObject({ code: 'integrity' });
  });
});

describe('a response to complete without a file', () => {
  const noFile: Fault = { kind: 'garble', call: 'complete', nth: 1, body: '{"status":"completed"}' };

  it.each([401, 403, 404, 405])('is told as that where the list is refused with %i', async (status) => {
    const { path, pushOptions, options, server } = await on({
      faults: [noFile, { kind: 'status', status, call: 'listFiles', nth: 'every' }],
    });
    const lacksFile = { code: 'request_refused', message: expect.stringContaining('field "file.id"') };
    const failed = await failureOf(() => push(path, pushOptions));
    expect(failed).toMatchObject(lacksFile);
    if (status < 404) return;

    // The list tells nothing, but another response may.
    expect(await failureOf(() => resume(failed.uploadId ?? '', options))).toMatchObject({
      code: 'completion_unknown',
    });
    expect(server.requests('complete')).toHaveLength(2);
  });
});

describe('a response without an id', () => {
  it('to a part ends the push with the name of the field, and the part is not sent again', async () => {
    const { path, pushOptions, server } = await on({
      faults: [{ kind: 'garble', call: 'part', nth: 1, body: '{"object":"upload.part"}' }],
    });

    expect(await failureOf(() => push(path, pushOptions))).toMatchObject({
      code: 'request_refused',
      message: expect.stringContaining('no usable field "id"'),
    });
    expect(server.requests('part')).toHaveLength(1);
  });
});
