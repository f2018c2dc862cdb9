import { readFile, truncate, utimes, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { describe, expect, it } from 'vitest';
import { push, resume, type UploadError } from '../../src/index.ts';
import type { SessionRecord } from '../../src/sessions/record.ts';
import { batchLine, batchLines, writeLines } from '../helpers/jsonl.ts';
import { noPatience } from '../helpers/sessions.ts';
import { errorOf } from '../helpers/temporary.ts';
import { setUp } from './library.ts';

/** A push of these lines as a batch that has ended after its first part, with a record that then has these changes. */
async function setUpHalfDone(lines: readonly string[], changes: Partial<SessionRecord> = {}, check = false) {
  const stage = await setUp();
  const { server, folder, pushOptions, sessions, events } = stage;
  const path = join(folder, 'a.jsonl');
  await writeLines(path, lines);
  server.addFaults({ call: 'part', nth: 2, kind: 'status', status: 400 });
  const once = { ...pushOptions, purpose: 'batch', check, concurrency: 1, retries: 0 };
  const { uploadId = '' } = (await errorOf(() => push(path, once))) as UploadError;
  const session = await sessions.open(uploadId, noPatience);
  await session?.update(changes);
  await session?.release();
  events.length = 0;
  return {
    ...stage,
    path,
    uploadId,
    batchOptions: { ...pushOptions, purpose: 'batch' },
    record: async () => (await sessions.read(uploadId))?.record,
    readings: () => events.filter(({ type }) => type === 'warning').length,
  };
}

/** A blank line is a warning, and so tells that the file was read. */
const good = [...batchLines(50), ''];
const bad = [...batchLines(50), batchLine(50), '{'];

describe('a check that is due', () => {
  it('goes on beside the upload, and is done before it is completed', async () => {
    const { server, uploadId, options, record, readings } = await setUpHalfDone(good, { check: 'due' });

    const { fileId } = await resume(uploadId, options);

    expect(server.files().map(({ id }) => id)).toEqual([fileId]);
    expect(await record()).toMatchObject({ status: 'completed', check: 'passed' });
    expect(readings()).toBe(1);
  });

  it('that finds an error cancels the upload, and tells all of them', async () => {
    const { server, uploadId, options, record } = await setUpHalfDone(bad, { check: 'due' });

    const error = await errorOf(() => resume(uploadId, options));

    expect(error).toMatchObject({
      code: 'check_failed',
      uploadId,
      facts: { issueCount: 2, issues: [{ code: 'duplicate_custom_id' }, { line: 52, column: 2 }] },
    });
    expect(server.uploads().map(({ status }) => status)).toEqual(['cancelled']);
    expect(server.requests('complete')).toEqual([]);
    expect(await record()).toMatchObject({ status: 'cancelled' });
    expect(await errorOf(() => resume(uploadId, options))).toMatchObject({ code: 'upload_cancelled' });
  });

  it('leaves the upload open when it cannot be cancelled, and the next run cancels it', async () => {
    const { server, uploadId, options, record } = await setUpHalfDone(bad, { check: 'due' });
    server.addFaults({ call: 'cancel', nth: 1, kind: 'status', status: 500 });

    expect(await errorOf(() => resume(uploadId, options))).toMatchObject({
      code: 'check_failed',
      hint: expect.stringContaining('The upload could not be cancelled. '),
    });
    expect(await record()).toMatchObject({ status: 'pending', check: 'due' });

    expect(await errorOf(() => resume(uploadId, options))).toMatchObject({
      code: 'check_failed',
      hint: expect.stringMatching(/ The upload was cancelled\.$/),
    });
    expect(server.uploads().map(({ status }) => status)).toEqual(['cancelled']);
    expect(await record()).toMatchObject({ status: 'cancelled' });
  });

  it('does not wait for the answer to its cancel once it is stopped', async () => {
    const { server, uploadId, options, record, stop } = await setUpHalfDone(bad, { check: 'due' });
    server.addFaults({ call: 'cancel', nth: 1, kind: 'hang', when: 'answer' });
    const failure = errorOf(() => resume(uploadId, { ...options, stallTimeoutMs: 3_600_000 }));
    await server.waitFor((all) => all.some(({ fault }) => fault === 'hang'));
    stop.abort();
    expect(await failure).toMatchObject({ code: 'check_failed' });
    expect(await record()).toMatchObject({ status: 'pending', check: 'due' });
  });

  it('is still due after a run that ended before it, and is no more after one that ended after it', async () => {
    const { server, uploadId, options, record, stop } = await setUpHalfDone(good, { check: 'due' });
    stop.abort();
    expect(await errorOf(() => resume(uploadId, options))).toMatchObject({ code: 'interrupted' });
    expect(await record()).toMatchObject({ status: 'pending', check: 'due' });

    const { signal: _, ...unstopped } = options;
    server.addFaults({ call: 'complete', nth: 1, kind: 'status', status: 400 });
    expect(await errorOf(() => resume(uploadId, unstopped))).toMatchObject({ code: 'request_refused' });
    expect(await record()).toMatchObject({ status: 'pending', check: 'passed' });
  });

  it('is reported when only it is waited for', async () => {
    const { server, folder, pushOptions, options, sessions, events } = await setUp();
    const path = join(folder, 'a.jsonl');
    await writeLines(path, batchLines(20_000));
    server.addFaults({ call: 'complete', nth: 1, kind: 'status', status: 400 });
    // All parts are there, and no MD5 is wanted: nothing is left but the check.
    const once = { ...pushOptions, purpose: 'batch', partBytes: 2_000_000, check: false, md5: false };
    const { uploadId = '' } = (await errorOf(() => push(path, once))) as UploadError;
    const session = await sessions.open(uploadId, noPatience);
    await session?.update({ check: 'due' });
    await session?.release();
    events.length = 0;

    await resume(uploadId, options);

    const steps = events.filter(({ type }) => type !== 'request');
    expect(steps).toMatchObject([
      { type: 'started' },
      { type: 'phase', phase: 'checking', path },
      { type: 'phase', phase: 'completing' },
      { type: 'completed' },
    ]);
  });
});

describe('a check that has passed', () => {
  it('is not made again', async () => {
    const { uploadId, options, readings } = await setUpHalfDone(good, { check: 'passed' });
    await resume(uploadId, options);
    expect(readings()).toBe(0);
  });

  it('is due again when the file was touched', async () => {
    const { path, uploadId, options, record, readings } = await setUpHalfDone(good, { check: 'passed' });
    await utimes(path, 1, 1);
    await resume(uploadId, options);
    expect(readings()).toBe(1);
    expect(await record()).toMatchObject({ status: 'completed', check: 'passed' });
  });

  it('finds what has become bad in the part that was not sent', async () => {
    const { server, path, uploadId, options } = await setUpHalfDone(good, {}, true);
    const text = await readFile(path, 'utf8');
    await writeFile(path, `${text.slice(0, -10)}${'x'.repeat(9)}\n`);
    expect(await errorOf(() => resume(uploadId, options))).toMatchObject({ code: 'check_failed' });
    expect(server.uploads()).toMatchObject([{ status: 'cancelled' }]);
  });
});

describe('a push that continues', () => {
  it('what was begun without a check checks it', async () => {
    const { path, uploadId, batchOptions, record, readings } = await setUpHalfDone(good);
    expect((await record())?.check).toBeUndefined();
    expect((await push(path, batchOptions)).uploadId).toBe(uploadId);
    expect(readings()).toBe(1);
    expect(await record()).toMatchObject({ check: 'passed' });
  });

  it('without a check leaves out one that is due', async () => {
    const { path, uploadId, batchOptions, record, readings } = await setUpHalfDone(good, { check: 'due' });
    expect((await push(path, { ...batchOptions, check: false })).uploadId).toBe(uploadId);
    expect(readings()).toBe(0);
    expect(await record()).not.toHaveProperty('check');
  });
});

describe('a file that takes long to read', () => {
  /** Zeros that take no room on the disk. */
  async function setUpLarge() {
    const stage = await setUp();
    const path = join(stage.folder, 'a.jsonl');
    await writeFile(path, '');
    await truncate(path, 1_000_000_001);
    return { ...stage, path, options: { ...stage.pushOptions, purpose: 'fine-tune', partBytes: 8_000_000 } };
  }

  it('is sent while it is read, until a fault is found', async () => {
    const { server, path, options, sessions, events } = await setUpLarge();

    const error = (await errorOf(() => push(path, options))) as UploadError;

    expect(error).toMatchObject({
      code: 'check_failed',
      facts: { issueCount: 1, issues: [{ code: 'not_jsonl' }] },
    });
    expect(server.uploads()).toMatchObject([{ id: error.uploadId, status: 'cancelled' }]);
    expect(events.filter(({ type }) => type === 'unfit')).toEqual([{ type: 'unfit', path }]);
    expect(server.requests('part').length).toBeLessThan(100);
    expect((await sessions.read(error.uploadId ?? ''))?.record).toMatchObject({
      status: 'cancelled',
      check: 'due',
    });
  });

  it('is not even begun when its name is wrong already', async () => {
    const { server, path, options } = await setUpLarge();
    const error = await errorOf(() => push(path, { ...options, filename: 'a.json' }));
    expect(error).toMatchObject({ code: 'check_failed', facts: { issues: [{ code: 'wrong_extension' }] } });
    expect(server.requests()).toEqual([]);
  });
});
