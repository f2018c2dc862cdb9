import { symlink, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { describe, expect, it } from 'vitest';
import { push, resume } from '../../src/index.ts';
import { lacks } from '../helpers/lacks.ts';
import { makeFile } from '../helpers/make-file.ts';
import { errorOf } from '../helpers/temporary.ts';
import type { Fault } from '../helpers/uploads-server/fault.ts';
import { setUp } from './library.ts';

const status = (nth: number | 'every', code: number, message: string): Fault => ({
  kind: 'status',
  status: code,
  headers: { 'retry-after-ms': '1' },
  body: { error: { message } },
  call: 'complete',
  nth,
});
/** Done, but the client never hears of it. */
const lost: Fault = { kind: 'reset', when: 'after-work', call: 'complete', nth: 1 };

describe('when the answer to complete is lost', () => {
  it('finds the file instead of making a second one', async () => {
    const { server, path, pushOptions, events } = await setUp({ faults: [lost] });
    const result = await push(path, pushOptions);
    expect([result.fileId, server.files().length]).toEqual([server.files()[0]?.id, 1]);
    expect(server.requests('complete')).toHaveLength(1);
    expect(events).toContainEqual({ type: 'found', fileId: result.fileId });
  });

  it('completes again when there is no file', async () => {
    const { server, path, md5, pushOptions } = await setUp({ faults: [status(1, 500, 'trouble')] });
    const result = await push(path, pushOptions);
    expect(server.fileMd5(result.fileId)).toBe(md5);
    expect(server.requests('complete')).toHaveLength(2);
    expect(server.requests('listFiles')).toHaveLength(1);
  });

  it('does not guess when several files fit', async () => {
    // All in one second, or the times would tell them apart.
    const now = Date.now();
    const { server, path, pushOptions, options, folder } = await setUp({
      now: () => now,
      faults: [{ ...lost, nth: 2 }],
    });
    const elsewhere = { ...pushOptions, stateDir: join(folder, 'other'), resume: false };
    await push(path, elsewhere);
    expect(await errorOf(() => push(path, pushOptions))).toMatchObject({ code: 'completion_unknown' });
    expect(server.files()).toHaveLength(2);
    const uploadId = server.uploads()[1]?.id ?? '';
    expect(await errorOf(() => resume(uploadId, options))).toMatchObject({ code: 'completion_unknown' });
  });

  it('takes no file of another session, of another name or of another size for its own', async () => {
    const { server, path, pushOptions, folder } = await setUp({ faults: [{ ...lost, nth: 4 }] });
    const longer = join(folder, 'longer', '..', 'b.bin');
    await makeFile(longer, 2501);
    await push(path, pushOptions);
    await push(path, { ...pushOptions, filename: 'c.bin' });
    await push(longer, { ...pushOptions, filename: 'a.bin' });
    const result = await push(path, pushOptions);
    expect(result.fileId).toBe(server.files()[3]?.id);
  });

  it('tells the trouble itself when neither answer nor list can be had', async () => {
    const { path, pushOptions, sessions } = await setUp({
      faults: [
        status('every', 500, 'trouble'),
        { kind: 'status', status: 500, call: 'listFiles', nth: 'every' },
      ],
    });
    expect(await errorOf(() => push(path, { ...pushOptions, retries: 0 }))).toMatchObject({
      code: 'server_error',
      message: expect.stringContaining('completing the upload failed: trouble'),
    });
    expect((await sessions.list()).sessions[0]?.record.status).toBe('completing');
  });

  it('takes no file for its own that may be of another upload whose answer was lost', async () => {
    const now = Date.now();
    const { server, folder, path, pushOptions } = await setUp({
      now: () => now,
      faults: [
        { kind: 'reset', when: 'after-work', call: 'complete', nth: 1 },
        { kind: 'status', status: 500, call: 'listFiles', nth: 1 },
        { kind: 'reset', when: 'start', call: 'complete', nth: 2 },
      ],
    });
    await errorOf(() => push(path, { ...pushOptions, retries: 0 }));
    const other = join(folder, 'other.bin');
    const md5 = await makeFile(other, 2500, 2);

    const { fileId } = await push(other, { ...pushOptions, filename: 'a.bin', retries: 1 });

    expect(server.files()).toHaveLength(2);
    expect(server.fileMd5(fileId)).toBe(md5);
  });

  it('does not take the file of another such upload where the list does not show its own yet', async () => {
    // All in one second, or the times would tell them apart.
    const now = Date.now();
    const { server, folder, path, pushOptions, options } = await setUp({
      now: () => now,
      faults: [
        { kind: 'reset', when: 'after-work', call: 'complete', nth: 1 },
        { kind: 'reset', when: 'after-work', call: 'complete', nth: 2 },
        { kind: 'status', status: 500, call: 'listFiles', nth: 1 },
        { kind: 'status', status: 500, call: 'listFiles', nth: 2 },
      ],
    });
    await errorOf(() => push(path, { ...pushOptions, retries: 0 }));
    const other = join(folder, 'other.bin');
    await makeFile(other, 2500, 2);
    await errorOf(() => push(other, { ...pushOptions, filename: 'a.bin', retries: 0 }));
    const [first, second] = server.uploads();
    const list = { object: 'list', data: server.files().slice(0, 1), has_more: false };
    server.addFaults({ kind: 'garble', body: JSON.stringify(list), call: 'listFiles', nth: 'every' });

    expect(await errorOf(() => resume(second?.id ?? '', options))).toMatchObject({
      code: 'completion_unknown',
      message: expect.stringContaining(`or ${first?.id}`),
      hint: `Resume ${first?.id} first, or check them in the dashboard.`,
    });
  });
});

describe('when complete is refused', () => {
  it('for wrong bytes, ends the session and lets go of the upload', async () => {
    const { server, path, pushOptions, sessions } = await setUp({
      faults: [status(1, 400, "The file's MD5 is a, not b.")],
    });
    expect(await errorOf(() => push(path, pushOptions))).toMatchObject({ code: 'integrity' });
    expect(server.uploads()[0]?.status).toBe('cancelled');
    expect((await sessions.list()).sessions[0]?.record.status).toBe('cancelled');
  });

  it('for anything else, keeps the session open', async () => {
    const { path, pushOptions, sessions } = await setUp({ faults: [status(1, 400, 'Must be .jsonl')] });
    expect(await errorOf(() => push(path, pushOptions))).toMatchObject({
      code: 'request_refused',
      message: expect.stringContaining('Must be .jsonl'),
    });
    expect((await sessions.list()).sessions[0]?.record.status).toBe('pending');
  });

  it('because it is complete already, finds its file, or says that it cannot', async () => {
    const words = 'The upload is already completed.';
    const found = await setUp({ faults: [{ ...status(1, 400, words), when: 'after-work' } as Fault] });
    const result = await push(found.path, found.pushOptions);
    expect(result.fileId).toBe(found.server.files()[0]?.id);
    const missing = await setUp({ faults: [status('every', 400, words)] });
    expect(await errorOf(() => push(missing.path, missing.pushOptions))).toMatchObject({
      code: 'completion_unknown',
    });
  });

  it('with a file of another size, says so and does not go on with it', async () => {
    const { path, pushOptions, sessions } = await setUp({
      faults: [{ kind: 'garble', body: '{"file":{"id":"file-9","bytes":2499}}', call: 'complete', nth: 1 }],
    });
    expect(await errorOf(() => push(path, pushOptions))).toMatchObject({
      code: 'integrity',
      message: expect.stringContaining('file-9 has 2499 bytes, the source has 2500'),
    });
    expect((await sessions.list()).sessions[0]?.record).toMatchObject({ status: 'cancelled', file: null });
  });
});

describe('when the file changes while it is sent', () => {
  it('finds the part that differs before complete', async () => {
    const { server, path, pushOptions } = await setUp({
      faults: [{ kind: 'hold', label: 'part', call: 'part', nth: 3 }],
    });
    const failing = errorOf(() => push(path, { ...pushOptions, concurrency: 1, md5: false }));
    await server.waitForHeld('part');
    await makeFile(path, 2500, 2);
    server.release('part');
    expect(await failing).toMatchObject({
      code: 'source_changed',
      message: expect.stringContaining('part 1 of 3'),
    });
    expect(server.requests('complete')).toEqual([]);
  });

  it('notices another size', async () => {
    const { server, path, pushOptions } = await setUp({
      faults: [{ kind: 'hold', label: 'part', call: 'part', nth: 3 }],
    });
    const failing = errorOf(() => push(path, { ...pushOptions, concurrency: 1, md5: false }));
    await server.waitForHeld('part');
    await writeFile(path, 'short');
    server.release('part');
    expect(await failing).toMatchObject({
      code: 'source_changed',
      message: expect.stringContaining('now it has 5'),
    });
    expect(server.requests('complete')).toEqual([]);
  });
});

describe('when the new session cannot be saved', () => {
  it.skipIf(lacks('links'))('cancels the upload, which nobody could resume', async () => {
    const { server, path, pushOptions, folder } = await setUp();
    // A link to nowhere: there is nothing to read, and no directory can be made.
    const stateDir = join(folder, 'link');
    await symlink(join(folder, 'gone', 'away'), stateDir);
    const error = await errorOf(() => push(path, { ...pushOptions, stateDir, resume: false }));
    expect(error).toMatchObject({ code: 'session_unwritable' });
    expect(server.uploads().map(({ status }) => status)).toEqual(['cancelled']);
  });
});
