import { describe, expect, it } from 'vitest';
import { cancel, push, resume } from '../../src/index.ts';
import { errorOf } from '../helpers/temporary.ts';
import { setUp } from './library.ts';

/** An upload whose every part is refused, so that it stays open. */
async function begin() {
  const all = await setUp({ faults: [{ kind: 'status', status: 400, call: 'part', nth: 'every' }] });
  await errorOf(() => push(all.path, all.pushOptions));
  return { ...all, uploadId: all.server.uploads()[0]?.id ?? '' };
}

describe('cancel', () => {
  it('ends the upload and its session, and is no error when done again', async () => {
    const { uploadId, options, server, sessions } = await begin();
    expect(await cancel(uploadId, options)).toEqual({ uploadId, status: 'cancelled', wasOpen: true });
    expect(server.upload(uploadId)?.status).toBe('cancelled');
    expect((await sessions.read(uploadId))?.record.status).toBe('cancelled');
    expect(await cancel(uploadId, options)).toEqual({ uploadId, status: 'cancelled', wasOpen: false });
    expect(server.requests('cancel')).toHaveLength(1);
    expect(await errorOf(() => resume(uploadId, options))).toMatchObject({ code: 'upload_cancelled' });
  });

  it('finds out what the server has ended already', async () => {
    const { uploadId, options, server } = await begin();
    server.expireUpload(uploadId);
    expect(await cancel(uploadId, options)).toEqual({ uploadId, status: 'expired', wasOpen: false });
  });

  it('of a complete upload is refused, and names the file', async () => {
    const { path, pushOptions, options, server } = await setUp();
    const { uploadId, fileId } = await push(path, pushOptions);
    expect(await errorOf(() => cancel(uploadId, options))).toMatchObject({
      code: 'upload_closed',
      message: expect.stringContaining(fileId),
    });
    expect(server.requests('cancel')).toEqual([]);
  });

  it('tries again when the server is in trouble', async () => {
    const { uploadId, options, server } = await begin();
    server.addFaults({
      kind: 'status',
      status: 503,
      headers: { 'retry-after-ms': '1' },
      call: 'cancel',
      nth: 1,
    });
    expect(await cancel(uploadId, options)).toMatchObject({ wasOpen: true });
    server.assertAllFaultsHappened();
  });

  it('does not call a complete upload cancelled, in whatever words the server says that it is complete', async () => {
    const { uploadId, options, server } = await begin();
    server.addFaults({
      kind: 'status',
      status: 400,
      body: { error: { message: 'Cannot cancel an upload that is already completed.' } },
      call: 'cancel',
      nth: 1,
    });
    expect(await errorOf(() => cancel(uploadId, options))).toMatchObject({ code: 'upload_closed' });
  });

  it('of an unknown upload is refused', async () => {
    const { options } = await setUp();
    expect(await errorOf(() => cancel('upload_0', options))).toMatchObject({ code: 'session_unknown' });
  });
});
