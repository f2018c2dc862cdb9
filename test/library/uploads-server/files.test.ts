import { describe, expect, it } from 'vitest';
import { call, newFile, startServer } from './client.ts';

describe('listing files', () => {
  it('gives the newest first, with the ids of both ends', async () => {
    const server = await startServer();
    const ids = [await newFile(server, 'one'), await newFile(server, 'two'), await newFile(server, 'three')];
    const list = async (query: string) => (await call(server, 'GET', `/files${query}`)).json;
    const idsOf = async (query: string) => (await list(query)).data.map(({ id }: { id: string }) => id);
    const newestFirst = [...ids].reverse();
    expect(await list('')).toEqual({
      object: 'list',
      data: [...server.files()].reverse(),
      first_id: ids[2],
      last_id: ids[0],
      has_more: false,
    });
    expect(await idsOf('?order=asc')).toEqual(ids);
    expect(await list('?limit=2')).toMatchObject({ first_id: ids[2], last_id: ids[1], has_more: true });
    expect(await idsOf(`?limit=2&after=${ids[1]}`)).toEqual(newestFirst.slice(2));
    expect(await idsOf(`?order=asc&after=${ids[0]}`)).toEqual(ids.slice(1));
  });

  it('keeps to a purpose', async () => {
    const server = await startServer();
    await newFile(server, 'one');
    const batch = await newFile(server, '{}', { purpose: 'batch', filename: 'b.jsonl' });
    const { json } = await call(server, 'GET', '/files?purpose=batch&order=desc&limit=10');
    expect(json.data).toMatchObject([{ id: batch, filename: 'b.jsonl', bytes: 2 }]);
    expect((await call(server, 'GET', '/files?purpose=vision')).json).toMatchObject({
      data: [],
      first_id: null,
      last_id: null,
    });
  });

  it.each(['limit=0', 'limit=10001', 'limit=x', 'order=up', 'after=file-unknown'])(
    'refuses %s',
    async (query) => {
      const reply = await call(await startServer(), 'GET', `/files?${query}`);
      expect([reply.status, reply.json.error.param]).toEqual([400, query.split('=')[0]]);
    },
  );
});

describe('one file', () => {
  it('is found, and its content read', async () => {
    const server = await startServer();
    const id = await newFile(server, 'hello');
    expect((await call(server, 'GET', `/files/${id}`)).json).toEqual(server.files()[0]);
    const content = await call(server, 'GET', `/files/${id}/content`);
    expect([content.text, content.headers['content-length']]).toEqual(['hello', '5']);
    expect(server.requests('fileContent')[0]).toMatchObject({ status: 200, uploadId: null });
  });

  it('that is unknown is a 404', async () => {
    const server = await startServer();
    expect((await call(server, 'GET', '/files/file-x')).status).toBe(404);
    expect((await call(server, 'GET', '/files/file-x/content')).status).toBe(404);
    expect(() => server.fileMd5('file-x')).toThrow(/file-x/);
    expect(() => server.readFile('file-x')).toThrow(/file-x/);
  });
});
