import { truncate, writeFile } from 'node:fs/promises';
import { describe, expect, it } from 'vitest';
import { push, resume } from '../../src/index.ts';
import { makeFile } from '../helpers/make-file.ts';
import { noPatience } from '../helpers/sessions.ts';
import { errorOf } from '../helpers/temporary.ts';
import type { UploadsServerOptions } from '../helpers/uploads-server/uploads-server.ts';
import { setUp } from './library.ts';

const YEAR_2400 = 'Fri, 01 Jan 2400 00:00:00 GMT';

/** An upload whose first part is acknowledged and whose second was refused. */
async function begin(serverOptions: UploadsServerOptions = {}) {
  const all = await setUp({
    faults: [{ kind: 'status', status: 400, call: 'part', nth: 2 }],
    ...serverOptions,
  });
  await errorOf(() => push(all.path, { ...all.pushOptions, concurrency: 1 }));
  return { ...all, uploadId: all.server.uploads()[0]?.id ?? '' };
}

describe('resume', () => {
  it('sends what is missing, and no more', async () => {
    const { uploadId, options, md5, partsTaken, events } = await begin();
    events.length = 0;
    expect(await resume(uploadId, options)).toMatchObject({
      uploadId,
      md5,
      partsResumed: 1,
      bytesSent: 1500,
    });
    expect(partsTaken()).toEqual([1000, 1000, 500]);
    expect(events[0]).toMatchObject({ type: 'started', partsResumed: 1, bytesResumed: 1000 });
  });

  it('of a complete upload gives its file again, without a request', async () => {
    const { server, path, pushOptions, options } = await setUp();
    const first = await push(path, pushOptions);
    const before = server.requests().length;
    expect(await resume(first.uploadId, options)).toMatchObject({ fileId: first.fileId, bytesSent: 0 });
    expect(server.requests().length).toBe(before);
  });

  it('starts an expired upload over once, and gives the same file when asked again', async () => {
    const { uploadId, options, server, sessions, md5 } = await begin();
    server.expireUpload(uploadId);
    await errorOf(() => resume(uploadId, options));
    const first = await resume(uploadId, { ...options, restart: true });
    expect(first).toMatchObject({ md5, partsResumed: 0 });
    expect((await sessions.read(uploadId))?.record).toMatchObject({
      status: 'expired',
      restartedAs: first.uploadId,
    });
    const before = server.requests().length;
    expect(await resume(uploadId, { ...options, restart: true })).toMatchObject({ fileId: first.fileId });
    expect(server.requests().length).toBe(before);
    expect(server.files()).toHaveLength(1);
  });

  it('goes on when the file was touched but its bytes are the same', async () => {
    const { uploadId, options, path, md5 } = await begin();
    await makeFile(path, 2500);
    expect(await resume(uploadId, options)).toMatchObject({ md5, partsResumed: 1 });
  });

  it('refuses a file with other bytes in a part that was sent, and names the part', async () => {
    const { uploadId, options, path, server } = await begin();
    await makeFile(path, 2500, 2);
    const before = server.requests().length;
    expect(await errorOf(() => resume(uploadId, options))).toMatchObject({
      code: 'source_changed',
      message: expect.stringContaining('part 1 of 3, bytes 0 to 999'),
      uploadId,
    });
    expect(server.requests().length).toBe(before);
  });

  it('sends the changed parts again when asked to', async () => {
    const { uploadId, options, path, server, partsTaken } = await begin();
    const md5 = await makeFile(path, 2500, 2);
    const result = await resume(uploadId, { ...options, reuploadChanged: true });
    expect(server.fileMd5(result.fileId)).toBe(md5);
    expect(partsTaken().length).toBe(4);
  });

  it.each([
    ['shorter', (path: string) => truncate(path, 2000)],
    ['empty now', (path: string) => writeFile(path, '')],
  ])('refuses a file that is %s', async (_, change) => {
    const { uploadId, options, path } = await begin();
    await change(path);
    expect(await errorOf(() => resume(uploadId, { ...options, reuploadChanged: true }))).toMatchObject({
      code: 'source_changed',
    });
  });

  it.each([
    ['base URL', (baseUrl: string) => ({ baseUrl: `${baseUrl}/other` })],
    ['organization', () => ({ organization: 'org-2' })],
    ['project', () => ({ project: 'proj-2' })],
  ])('refuses another %s, so that the key goes nowhere else', async (name, change) => {
    const { uploadId, options, server } = await begin();
    const before = server.requests().length;
    expect(await errorOf(() => resume(uploadId, { ...options, ...change(options.baseUrl) }))).toMatchObject({
      code: 'session_mismatch',
      message: expect.stringContaining(name),
    });
    expect(server.requests().length).toBe(before);
  });

  it('only asks for the time of an upload that has expired by the server’s clock', async () => {
    const { uploadId, options, server, sessions } = await begin();
    const session = await sessions.open(uploadId, noPatience);
    await session?.update({ expiresAt: session.record.createdAt - 1 });
    await session?.release();
    const before = server.requests().length;
    expect(await errorOf(() => resume(uploadId, options))).toMatchObject({ code: 'upload_expired' });
    expect(server.requests().slice(before)).toMatchObject([{ call: 'listFiles' }]);
    expect((await sessions.read(uploadId))?.record.status).toBe('pending');
  });

  it.each([
    ['a saved offset that is no longer true', { clockOffsetMs: 1e11 }],
    ['a clock that was wrong when it was saved, and is right', { clockOffsetMs: 86_400_000 }],
  ])('continues an upload that lives in spite of %s', async (_, changes) => {
    const { uploadId, options, sessions } = await begin();
    const session = await sessions.open(uploadId, noPatience);
    await session?.update(changes);
    await session?.release();
    expect(await resume(uploadId, options)).toMatchObject({ uploadId });
  });

  it('continues an upload in spite of a Date of the year 2400', async () => {
    const { uploadId, options, server } = await begin();
    server.addFaults({ kind: 'status', status: 500, headers: { date: YEAR_2400 }, call: 'part', nth: 3 });
    expect(await resume(uploadId, options)).toMatchObject({ uploadId });
  });

  it('learns from the server that the upload is over, and saves it', async () => {
    const { uploadId, options, server, sessions } = await begin();
    server.expireUpload(uploadId);
    expect(await errorOf(() => resume(uploadId, options))).toMatchObject({ code: 'upload_expired' });
    expect((await sessions.read(uploadId))?.record.status).toBe('expired');
  });

  it('of an unknown upload, and with impossible numbers, is refused', async () => {
    const { options, server } = await setUp();
    expect(await errorOf(() => resume('upload_0', options))).toMatchObject({ code: 'session_unknown' });
    expect(await errorOf(() => resume('upload_0', { ...options, retries: -1 }))).toMatchObject({
      code: 'usage',
    });
    expect(server.requests()).toEqual([]);
  });
});
