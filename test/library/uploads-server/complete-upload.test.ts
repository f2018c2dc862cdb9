import { createHash } from 'node:crypto';
import { describe, expect, it } from 'vitest';
import { call, complete, create, newPart, newUpload, startServer } from './client.ts';

const md5 = (text: string) => createHash('md5').update(text).digest('hex');

describe('completing an upload', () => {
  it('joins the parts in the order listed, whatever the order sent', async () => {
    const server = await startServer({ now: () => 1_900_000_000_000 });
    const lifetime = { expires_after: { anchor: 'created_at', seconds: 7200 } };
    const id = (await create(server, { bytes: 11, ...lifetime })).json.id;
    const world = await newPart(server, id, ' world');
    const unused = await newPart(server, id, 'unused');
    const hello = await newPart(server, id, 'hello');
    const reply = await complete(server, id, { part_ids: [hello, world], md5: md5('hello world') });
    expect(reply.status).toBe(200);
    expect(reply.json).toMatchObject({ id, object: 'upload', status: 'completed' });
    expect(reply.json.file).toEqual({
      id: expect.stringMatching(/^file-[0-9A-Za-z]{22}$/),
      object: 'file',
      bytes: 11,
      created_at: 1_900_000_000,
      expires_at: 1_900_007_200,
      filename: 'a.txt',
      purpose: 'user_data',
      status: 'processed',
    });
    const fileId = reply.json.file.id;
    expect(server.fileMd5(fileId)).toBe(md5('hello world'));
    expect(await readAll(server.readFile(fileId))).toBe('hello world');
    expect(server.files()).toEqual([reply.json.file]);
    expect(server.partsOf(id).map((part) => part.id)).toEqual([world, unused, hello]);
  });

  it('computes the MD5 when the client claims none', async () => {
    const server = await startServer();
    const id = await newUpload(server);
    const reply = await complete(server, id, { part_ids: [await newPart(server, id, 'hello')] });
    expect(reply.json.file).not.toHaveProperty('expires_at');
    expect(server.fileMd5(reply.json.file.id)).toBe(md5('hello'));
  });

  it('refuses wrong lists and sums, and leaves the upload pending', async () => {
    const server = await startServer();
    const id = await newUpload(server, 10);
    const part = await newPart(server, id, 'hello');
    const foreign = await newPart(server, await newUpload(server), 'hello');
    const refusals: readonly (readonly [Record<string, unknown>, string, string])[] = [
      [{}, 'part_ids', 'missing_required_parameter'],
      [{ part_ids: [] }, 'part_ids', 'invalid_value'],
      [{ part_ids: part }, 'part_ids', 'invalid_type'],
      [{ part_ids: [7] }, 'part_ids.0', 'invalid_type'],
      [{ part_ids: [part, 'part_unknown'] }, 'part_ids', 'invalid_value'],
      [{ part_ids: [part, foreign] }, 'part_ids', 'invalid_value'],
      [{ part_ids: [part, part] }, 'part_ids', 'invalid_value'],
      [{ part_ids: [part] }, 'part_ids', 'invalid_value'],
      [{ part_ids: [part], sha256: 'x' }, 'sha256', 'unknown_parameter'],
    ];
    for (const [body, param, code] of refusals) {
      const reply = await complete(server, id, body);
      expect([body, reply.status, reply.json.error]).toMatchObject([body, 400, { param, code }]);
      expect(server.upload(id)?.status).toBe('pending');
    }
    const rest = await newPart(server, id, 'world');
    expect((await complete(server, id, { part_ids: [part, rest] })).status).toBe(200);
  });

  it('refuses an MD5 that is wrong, or not lowercase hex', async () => {
    const server = await startServer();
    const id = await newUpload(server);
    const part = await newPart(server, id, 'hello');
    for (const claimed of [md5('HELLO'), md5('hello').toUpperCase(), '', 'xyz']) {
      const reply = await complete(server, id, { part_ids: [part], md5: claimed });
      expect(reply.status).toBe(400);
      expect(reply.json.error.param).toBe('md5');
    }
    expect(server.files()).toEqual([]);
    expect((await complete(server, id, { part_ids: [part], md5: md5('hello') })).status).toBe(200);
  });

  it('makes one file of two requests at once', async () => {
    const server = await startServer();
    const id = await newUpload(server);
    const part_ids = [await newPart(server, id, 'hello')];
    const replies = await Promise.all([
      complete(server, id, { part_ids }),
      complete(server, id, { part_ids }),
    ]);
    expect(replies.map(({ status }) => status).sort()).toEqual([200, 400]);
    expect(server.files()).toHaveLength(1);
  });
});

describe('a closed upload', () => {
  const requests = (id: string) => [
    (server: Server) => call(server, 'POST', `/uploads/${id}/parts`, { headers: {}, body: 'x' }),
    (server: Server) => complete(server, id, { part_ids: ['part_1'] }),
    (server: Server) => call(server, 'POST', `/uploads/${id}/cancel`),
  ];
  type Server = Awaited<ReturnType<typeof startServer>>;

  it.each([
    [
      'cancelled',
      /cancelled/,
      400,
      (server: Server, id: string) => call(server, 'POST', `/uploads/${id}/cancel`),
    ],
    ['expired', /expired/, 410, async (server: Server, id: string) => server.expireUpload(id)],
    ['expired', /expired/, 409, async (server: Server) => server.setClockOffset(3_600_000)],
    [
      'completed',
      /already completed/,
      404,
      async (server: Server, id: string) =>
        complete(server, id, { part_ids: [await newPart(server, id, 'hello')] }),
    ],
  ])('that is %s says so to each call (%s, %i)', async (status, message, closedUploadStatus, close) => {
    const server = await startServer({ closedUploadStatus });
    const id = await newUpload(server);
    await close(server, id);
    expect(server.upload(id)?.status).toBe(status);
    for (const send of requests(id)) {
      const reply = await send(server);
      expect([reply.status, reply.json.error.message]).toEqual([
        closedUploadStatus,
        expect.stringMatching(message),
      ]);
    }
    expect(server.upload(id)?.status).toBe(status);
  });

  it('differs from an unknown one, a 404', async () => {
    const server = await startServer();
    for (const send of requests('upload_unknown')) expect((await send(server)).status).toBe(404);
  });
});

async function readAll(chunks: AsyncIterable<Buffer>): Promise<string> {
  let text = '';
  for await (const chunk of chunks) text += chunk.toString();
  return text;
}
