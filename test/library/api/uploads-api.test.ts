import { createHash } from 'node:crypto';
import { describe, expect, it } from 'vitest';
import { connectToServer, newUpload, once, part } from './wire.ts';

const md5 = createHash('md5').update('abcdef').digest('hex');

describe('the calls of the API', () => {
  it('make a file: create, two parts, complete with the MD5', async () => {
    const { api, server } = await connectToServer();
    const { id, createdAt, expiresAt } = await api.createUpload(
      { ...newUpload, fileLifetimeSeconds: 3600 },
      once,
    );
    expect(expiresAt! - createdAt!).toBe(3600);
    const second = await api.addPart(part(id, 'def'), once);
    const first = await api.addPart(part(id, 'abc'), once);
    const file = await api.completeUpload({ id, partIds: [first, second], md5 }, once);
    expect(server.fileMd5(file.id)).toBe(md5);
    expect(file).toMatchObject({ bytes: 6, filename: 'a.bin', expires_at: file.created_at! + 3600 });
  });

  it('send a part of any bytes again when they are given again', async () => {
    const { api, server } = await connectToServer({
      faults: [{ kind: 'reset', when: 'after-bytes', bytes: 200, call: 'part', nth: 1 }],
    });
    const { id } = await api.createUpload({ ...newUpload, bytes: 500_000 }, once);
    const text = 'x'.repeat(500_000);
    await expect(api.addPart(part(id, text), once)).rejects.toMatchObject({
      code: 'network',
      isRetryable: true,
    });
    const partId = await api.addPart(part(id, text), once);
    expect(server.partsOf(id)).toMatchObject([{ id: partId, bytes: 500_000 }]);
  });

  it('ask for a file, whatever its id has in it', async () => {
    const { api, server } = await connectToServer();
    const { id } = await api.createUpload(newUpload, once);
    const partId = await api.addPart(part(id, 'abcdef'), once);
    const file = await api.completeUpload({ id, partIds: [partId], md5: null }, once);
    expect(await api.getFile(file.id, once)).toEqual(file);
    await expect(api.getFile('../a b', once)).rejects.toMatchObject({
      code: 'request_refused',
      isRetryable: false,
      facts: { httpStatus: 404 },
    });
    expect(server.requests('getFile').at(-1)?.path).toBe('/v1/files/..%2Fa%20b');
    server.addFaults({ call: 'getFile', nth: 3, kind: 'garble', body: '{"bytes":6}' });
    await expect(api.getFile(file.id, once)).rejects.toMatchObject({ isRetryable: true });
  });

  it('leave the MD5 out when there is none', async () => {
    const { api } = await connectToServer();
    const { id } = await api.createUpload(newUpload, once);
    const partId = await api.addPart(part(id, 'abcdef'), once);
    await expect(api.completeUpload({ id, partIds: [partId], md5: null }, once)).resolves.toHaveProperty(
      'id',
    );
  });

  it('say that the bytes are wrong when the MD5 is', async () => {
    const { api } = await connectToServer();
    const { id } = await api.createUpload(newUpload, once);
    const partId = await api.addPart(part(id, 'abcdeX'), once);
    await expect(api.completeUpload({ id, partIds: [partId], md5 }, once)).rejects.toMatchObject({
      code: 'integrity',
      isRetryable: false,
    });
  });

  it('cancel, and hear that it is cancelled already', async () => {
    const { api, server } = await connectToServer();
    const { id } = await api.createUpload(newUpload, once);
    await api.cancelUpload(id, once);
    expect(server.upload(id)?.status).toBe('cancelled');
    await expect(api.cancelUpload(id, once)).rejects.toMatchObject({ code: 'upload_cancelled' });
  });

  it('list files page by page, newest first', async () => {
    const { api } = await connectToServer();
    const made: string[] = [];
    for (const text of ['abc', 'def']) {
      const { id } = await api.createUpload({ ...newUpload, bytes: 3 }, once);
      const partIds = [await api.addPart(part(id, text), once)];
      made.push((await api.completeUpload({ id, partIds, md5: null }, once)).id);
    }
    const { files, hasMore } = await api.listFiles({ purpose: 'user_data' }, once);
    expect([files.map(({ id }) => id), hasMore]).toEqual([[made[1], made[0]], false]);
    const rest = await api.listFiles({ purpose: 'user_data', after: made[1]! }, once);
    expect(rest.files.map(({ id }) => id)).toEqual([made[0]]);
    expect((await api.listFiles({ purpose: 'batch' }, once)).files).toEqual([]);
  });

  it('take an id for what it is, whatever is in it', async () => {
    const { api, server } = await connectToServer();
    await expect(api.cancelUpload('a/../b?c==', once)).rejects.toMatchObject({
      facts: { httpStatus: 404 },
    });
    expect(server.requests('cancel')[0]?.path).toBe('/v1/uploads/a%2F..%2Fb%3Fc%3D%3D/cancel');
  });
});
