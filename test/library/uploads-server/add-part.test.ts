import { once } from 'node:events';
import { readdir } from 'node:fs/promises';
import { request as httpRequest } from 'node:http';
import { describe, expect, it } from 'vitest';
import {
  call,
  cancel,
  type Multipart,
  multipart,
  newUpload,
  sendPart,
  startServer,
  temporaryDirectory,
} from './client.ts';

const partLimitBytes = 67_108_864;

describe('adding a part', () => {
  it('answers a part, and keeps the bytes on disk', async () => {
    const server = await startServer();
    const id = await newUpload(server);
    const reply = await sendPart(server, id, multipart('hello'));
    expect(reply.status).toBe(200);
    expect(reply.json).toEqual({
      id: expect.stringMatching(/^part_[0-9a-f]{24}$/),
      object: 'upload.part',
      created_at: expect.any(Number),
      upload_id: id,
    });
    expect(server.partsOf(id)).toEqual([{ id: reply.json.id, bytes: 5, createdAt: reply.json.created_at }]);
    expect(await readdir(server.storeDirectory)).toEqual([reply.json.id]);
    expect(server.requests('part')[0]).toMatchObject({
      uploadId: id,
      partId: reply.json.id,
      partNumberOfBytes: 5,
      status: 200,
    });
  });

  it.each([
    ['another field', { disposition: 'name="file"; filename="part"' }, /not a field/],
    ['a second field', { extraFields: ['purpose'] }, /more than/],
    ['no filename', { disposition: 'name="data"' }, /filename/],
    ['an empty filename', { disposition: 'name="data"; filename=""' }, /filename/],
    ['no Content-Type of its own', { contentType: null }, /Content-Type/],
    ['another Content-Type of its own', { contentType: 'text/plain' }, /Content-Type/],
  ])('refuses %s', async (_, shape, message) => {
    await expectRefusal(multipart('hello', shape), message);
  });

  it.each([
    ['no filename', { disposition: 'name="data"' }],
    ['an empty filename', { disposition: 'name="data"; filename=""' }],
    ['no Content-Type of its own', { contentType: null }],
    ['another Content-Type of its own', { contentType: 'text/jsonl' }],
  ])('takes %s, because the document does not forbid it', async (_, shape) => {
    const server = await startServer();
    const id = await newUpload(server);
    expect((await sendPart(server, id, multipart('hello', shape))).status).toBe(200);
    expect(server.partsOf(id)).toMatchObject([{ bytes: 5 }]);
  });

  it('refuses an empty part, and a body with no field', async () => {
    await expectRefusal(multipart(''), /empty/);
    const headers = { 'content-type': 'multipart/form-data; boundary=b' };
    await expectRefusal({ headers, body: Buffer.from('--b--\r\n') }, /no field|cut off/);
    await expectRefusal({ headers, body: Buffer.alloc(0) }, /cut off/);
  });

  it('refuses a body cut off at any byte, leaving nothing behind', async () => {
    const server = await startServer();
    const id = await newUpload(server);
    const { headers, body } = multipart('hello');
    // The last two bytes, a line end after the closing boundary, may be missing.
    const cuts = Array.from({ length: body.length - 3 }, (_, index) => index);
    for (const end of cuts) {
      const reply = await sendPart(server, id, { headers, body: body.subarray(0, end) });
      expect([end, reply.status]).toEqual([end, 400]);
    }
    expect(await readdir(server.storeDirectory)).toEqual([]);
    expect(server.partsOf(id)).toEqual([]);
  });

  it('refuses what is not multipart, or has no boundary', async () => {
    const server = await startServer();
    const id = await newUpload(server);
    const send = (type: string) =>
      sendPart(server, id, { headers: { 'content-type': type }, body: Buffer.from('x') });
    expect((await send('application/octet-stream')).status).toBe(415);
    expect((await send('application/x-www-form-urlencoded')).status).toBe(415);
    expect((await send('multipart/form-data')).status).toBe(400);
  });

  it.each([
    ['openai', 200],
    ['strict', 411],
  ] as const)('of %s answers a part without Content-Length with %i', async (profile, status) => {
    const server = await startServer({ profile });
    const id = await newUpload(server);
    const { headers, body } = multipart('hello');
    async function* chunks() {
      yield body;
    }
    const reply = await call(server, 'POST', `/uploads/${id}/parts`, { headers, body: chunks() as never });
    expect(reply.status).toBe(status);
  });

  it('takes 64 MiB, and refuses a byte more', { timeout: 30_000 }, async () => {
    const server = await startServer();
    const id = await newUpload(server);
    const bytes = Buffer.alloc(partLimitBytes + 1, 'x');
    const tooLarge = await sendPart(server, id, multipart(bytes));
    expect([tooLarge.status, tooLarge.json.error.code]).toEqual([413, 'part_too_large']);
    expect(await readdir(server.storeDirectory)).toEqual([]);
    expect((await sendPart(server, id, multipart(bytes.subarray(1)))).status).toBe(200);
    expect(server.partsOf(id)).toMatchObject([{ bytes: partLimitBytes }]);
  });

  it('refuses an unknown or closed upload before it has read the body', async () => {
    const server = await startServer();
    const cancelled = await newUpload(server);
    await cancel(server, cancelled);
    for (const [id, status] of [
      ['upload_unknown', 404],
      [cancelled, 400],
    ] as const) {
      // The body never comes, the answer does.
      const request = httpRequest(`${server.baseUrl}/uploads/${id}/parts`, {
        method: 'POST',
        headers: { authorization: `Bearer ${server.apiKey}`, 'content-length': 1_000_000 },
      });
      request.flushHeaders();
      const [response] = await once(request, 'response');
      expect(response.statusCode).toBe(status);
      request.on('error', () => {});
      request.destroy();
    }
    expect(server.requests('part').map(({ bodyBytes }) => bodyBytes)).toEqual([0, 0]);
  });

  it('asks for the body only once it wants it', async () => {
    const server = await startServer();
    const id = await newUpload(server);
    const { headers, body } = multipart('hello');
    const request = httpRequest(`${server.baseUrl}/uploads/${id}/parts`, {
      method: 'POST',
      headers: {
        authorization: `Bearer ${server.apiKey}`,
        'content-length': body.length,
        expect: '100-continue',
        ...headers,
      },
    });
    request.flushHeaders();
    await once(request, 'continue');
    request.end(body);
    const [response] = await once(request, 'response');
    response.resume();
    expect(response.statusCode).toBe(200);
  });

  it('forgets a part whose sender broke off', async () => {
    const storeDirectory = await temporaryDirectory();
    const server = await startServer({ storeDirectory });
    const id = await newUpload(server);
    const { headers, body } = multipart(Buffer.alloc(1_000_000));
    const request = httpRequest(`${server.baseUrl}/uploads/${id}/parts`, {
      method: 'POST',
      headers: { authorization: `Bearer ${server.apiKey}`, 'content-length': body.length, ...headers },
    });
    request.on('error', () => {});
    request.write(body.subarray(0, 500_000), () => request.destroy());
    await server.waitFor((requests) =>
      requests.some(({ call, endedAtMs }) => call === 'part' && endedAtMs !== null),
    );
    await server.close();
    expect(await readdir(storeDirectory)).toEqual([]);
    expect(server.requests('part')[0]).toMatchObject({ status: null, partId: null });
    expect(server.partsOf(id)).toEqual([]);
  });

  it('refuses a part whose upload was cancelled while it came in', async () => {
    const server = await startServer();
    const id = await newUpload(server);
    const { headers, body } = multipart('hello');
    const request = httpRequest(`${server.baseUrl}/uploads/${id}/parts`, {
      method: 'POST',
      headers: { authorization: `Bearer ${server.apiKey}`, 'content-length': body.length, ...headers },
    });
    request.write(body.subarray(0, 100));
    await server.waitFor((requests) => requests.some(({ call }) => call === 'part'));
    await cancel(server, id);
    request.end(body.subarray(100));
    const [response] = await once(request, 'response');
    response.resume();
    expect(response.statusCode).toBe(400);
    expect(await readdir(server.storeDirectory)).toEqual([]);
  });
});

async function expectRefusal(body: Multipart, message: RegExp): Promise<void> {
  const server = await startServer({ profile: 'strict' });
  const id = await newUpload(server);
  const reply = await sendPart(server, id, body);
  expect([reply.status, reply.json?.error.message]).toEqual([400, expect.stringMatching(message)]);
  expect(server.partsOf(id)).toEqual([]);
  expect(await readdir(server.storeDirectory)).toEqual([]);
}
