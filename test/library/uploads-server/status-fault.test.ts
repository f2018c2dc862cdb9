import { readdir } from 'node:fs/promises';
import { describe, expect, it } from 'vitest';
import { call, complete, create, multipart, newPart, newUpload, sendPart, startServer } from './client.ts';

describe('a status fault', () => {
  it('before the body leaves the body unread and the work undone', async () => {
    const server = await startServer({
      faults: [{ kind: 'status', call: 'create', nth: 2, status: 503, when: 'before-body' }],
    });
    expect((await create(server)).status).toBe(200);
    const reply = await create(server);
    expect([reply.status, reply.json.error.type]).toEqual([503, 'server_error']);
    expect(reply.headers['x-request-id']).toBeDefined();
    expect(server.requests()[1]).toMatchObject({ status: 503, fault: 'status', bodyBytes: 0 });
    expect((await create(server)).status).toBe(200);
    expect(server.uploads()).toHaveLength(2);
    server.assertAllFaultsHappened();
  });

  it('after the body reads it all and throws it away', async () => {
    const server = await startServer({ faults: [{ kind: 'status', call: 'part', nth: 1, status: 500 }] });
    const id = await newUpload(server);
    const body = multipart('hello');
    expect((await sendPart(server, id, body)).status).toBe(500);
    expect(server.requests('part')[0]?.bodyBytes).toBe(body.body.length);
    expect(server.partsOf(id)).toEqual([]);
    expect(await readdir(server.storeDirectory)).toEqual([]);
  });

  it('after the work denies what was done', async () => {
    const server = await startServer({
      faults: [{ kind: 'status', call: 'complete', nth: 1, status: 502, when: 'after-work', body: '<html>' }],
    });
    const id = await newUpload(server);
    const reply = await complete(server, id, { part_ids: [await newPart(server, id, 'hello')] });
    expect([reply.status, reply.text, reply.headers['content-type']]).toEqual([
      502,
      '<html>',
      'text/plain; charset=utf-8',
    ]);
    expect(server.upload(id)?.status).toBe('completed');
  });

  it('sends the headers and the JSON it was given', async () => {
    const headers = { 'Retry-After': '3', location: 'http://127.0.0.1/elsewhere' };
    const server = await startServer({
      faults: [{ kind: 'status', call: 'listFiles', nth: 1, status: 307, headers, body: { error: 'gone' } }],
    });
    const reply = await call(server, 'GET', '/files');
    expect([reply.status, reply.json]).toEqual([307, { error: 'gone' }]);
    expect(reply.headers).toMatchObject({ 'retry-after': '3', location: headers.location });
  });
});
