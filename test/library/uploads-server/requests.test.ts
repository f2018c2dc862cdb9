import { describe, expect, it } from 'vitest';
import { call, create, newUpload, postJson, startServer } from './client.ts';

describe('every request', () => {
  it('is refused without the key, and with a wrong one', async () => {
    const server = await startServer();
    const missing = await call(server, 'GET', '/files', { key: null });
    expect(missing.status).toBe(401);
    expect(missing.json.error).toMatchObject({ type: 'invalid_request_error', code: 'invalid_api_key' });
    expect(missing.json.error.message).toMatch(/missing/);
    const wrong = await call(server, 'GET', '/nowhere', { key: 'sk-wrong' });
    expect(wrong.status).toBe(401);
    expect(wrong.json.error.message).not.toMatch(/missing/);
    expect(server.requests().map(({ keyMatched }) => keyMatched)).toEqual([false, false]);
  });

  it('may carry the bare key in another header, under another path', async () => {
    const server = await startServer({ keyHeader: 'api-key', basePath: '/openai', apiKey: 'secret' });
    const path = '/files?api-version=2024-10-21';
    expect((await call(server, 'GET', path, { headers: { 'api-key': 'secret' } })).status).toBe(200);
    const asBearer = { key: null, headers: { authorization: 'Bearer secret' } };
    expect((await call(server, 'GET', path, asBearer)).status).toBe(401);
    expect(server.requests()[0]?.headers['api-key']).toBe('***');
  });

  it('is answered with a request id of its own and the date by the server’s clock', async () => {
    const server = await startServer({ now: () => Date.UTC(2030, 0, 1) });
    server.setClockOffset(60_000);
    const replies = [await create(server), await call(server, 'GET', '/nowhere')];
    expect(replies.map(({ headers }) => headers.date)).toEqual(
      Array(2).fill('Tue, 01 Jan 2030 00:01:00 GMT'),
    );
    const ids = replies.map(({ headers }) => headers['x-request-id']);
    expect(new Set(ids).size).toBe(2);
    expect(server.requests().map(({ requestId }) => requestId)).toEqual(ids);
    expect(replies[0]?.json.created_at).toBe(Date.UTC(2030, 0, 1) / 1000 + 60);
  });

  it('for an unknown path is a 404, with a wrong method a 405', async () => {
    const server = await startServer();
    for (const path of ['/', '/uploads/upload_1', '/uploads/', '/files/a/b', '/../files']) {
      const reply = await call(server, 'GET', path);
      expect([path, reply.status]).toEqual([path, 404]);
      expect(reply.json.error).toMatchObject({ type: 'invalid_request_error', param: null });
    }
    const wrongMethod = await call(server, 'GET', '/uploads');
    expect(wrongMethod.status).toBe(405);
    expect(wrongMethod.headers.allow).toBe('POST');
    expect(server.requests().at(-1)).toMatchObject({ call: null, nth: null, status: 405 });
  });

  it('may carry a query', async () => {
    const server = await startServer();
    expect((await postJson(server, '/uploads?a=b', { filename: 'x' })).status).toBe(400);
    expect(server.requests('create')[0]?.path).toBe('/v1/uploads?a=b');
  });

  it('is logged as plain data, with the key blanked out', async () => {
    const server = await startServer();
    const id = await newUpload(server);
    await call(server, 'POST', `/uploads/${id}/cancel`);
    const [first, second] = server.requests();
    expect(first).toMatchObject({ n: 1, call: 'create', nth: 1, method: 'POST', uploadId: id, status: 200 });
    expect(first?.bodyBytes).toBe(Number(first?.headers['content-length']));
    expect(first?.headers.authorization).toBe('Bearer ***');
    expect(first?.endedAtMs).toBeGreaterThanOrEqual(first?.startedAtMs ?? Number.NaN);
    expect(second).toMatchObject({ n: 2, call: 'cancel', nth: 1, uploadId: id, fault: null, partId: null });
    expect(server.requests('cancel')).toEqual([second]);
    expect(JSON.parse(JSON.stringify(server.requests()))).toEqual(server.requests());
  });
});

describe('a JSON body', () => {
  it('must say application/json', async () => {
    const server = await startServer();
    const reply = await postJson(server, '/uploads', {}, { headers: { 'content-type': 'text/plain' } });
    expect(reply.status).toBe(415);
    const withCharset = { headers: { 'content-type': 'application/json; charset=utf-8' } };
    expect((await postJson(server, '/uploads', {}, withCharset)).status).toBe(400);
  });

  it('must be JSON in UTF-8', async () => {
    const server = await startServer();
    const headers = { 'content-type': 'application/json' };
    for (const body of ['', '{"filename"', Buffer.from([0x22, 0xff, 0x22])]) {
      const reply = await call(server, 'POST', '/uploads', { headers, body });
      expect([reply.status, reply.json.error.code]).toEqual([400, 'invalid_json']);
    }
  });

  it('over 1 MiB is refused, and the connection serves on', async () => {
    const server = await startServer();
    const reply = await postJson(server, '/uploads', { filename: 'x'.repeat(3 * 1024 * 1024) });
    expect(reply.status).toBe(413);
    expect((await create(server)).status).toBe(200);
  });
});
