import { describe, expect, it } from 'vitest';
import type { Fault } from '../../helpers/uploads-server/fault.ts';
import {
  call,
  complete,
  create,
  goodUpload,
  multipart,
  newFile,
  newPart,
  newUpload,
  postJson,
  sendPart,
  startServer,
} from './client.ts';

describe('a reset fault', () => {
  it('breaks the connection at the start, before any work', async () => {
    const server = await startServer({ faults: [{ kind: 'reset', when: 'start', call: 'create', nth: 1 }] });
    await expect(create(server)).rejects.toThrow(/ECONNRESET|other side closed/);
    await server.waitFor((requests) => requests[0]?.endedAtMs !== null);
    expect(server.requests()[0]).toMatchObject({ status: null, fault: 'reset', bodyBytes: 0 });
    expect(server.uploads()).toEqual([]);
  });

  it('breaks it after so many bytes, and forgets the part', async () => {
    const faults: readonly Fault[] = [
      { kind: 'reset', when: 'after-bytes', bytes: 70_000, call: 'part', nth: 1 },
    ];
    const server = await startServer({ faults });
    const id = await newUpload(server);
    await expect(sendPart(server, id, multipart(Buffer.alloc(200_000)))).rejects.toThrow();
    expect(server.requests('part')[0]).toMatchObject({ bodyBytes: 70_000, status: null, partId: null });
    expect((await sendPart(server, id, multipart('hello'))).status).toBe(200);
    expect(server.partsOf(id)).toHaveLength(1);
  });

  it('breaks it after the work, which stays done', async () => {
    const server = await startServer({
      faults: [{ kind: 'reset', when: 'after-work', call: 'complete', nth: 1 }],
    });
    const id = await newUpload(server);
    const part_ids = [await newPart(server, id, 'hello')];
    await expect(complete(server, id, { part_ids })).rejects.toThrow();
    expect(server.upload(id)?.status).toBe('completed');
    server.assertAllFaultsHappened();
  });
});

describe('a hang fault', () => {
  it('in the body stops reading, and the server can still close', async () => {
    const server = await startServer({
      faults: [{ kind: 'hang', when: 'body', afterBytes: 1000, call: 'part', nth: 1 }],
    });
    const id = await newUpload(server);
    const sending = expect(sendPart(server, id, multipart(Buffer.alloc(20_000_000)))).rejects.toThrow();
    await server.waitFor((requests) => requests.some(({ fault }) => fault === 'hang'));
    expect(server.requests('part')[0]).toMatchObject({ bodyBytes: 1000, endedAtMs: null });
    await server.close();
    await sending;
    server.assertAllFaultsHappened();
  });

  it('before the answer does the work, or not, and notices when the client gives up', async () => {
    const server = await startServer({
      faults: [
        { kind: 'hang', when: 'answer', call: 'create', nth: 1 },
        { kind: 'hang', when: 'answer', work: false, call: 'create', nth: 2 },
      ],
    });
    for (const nth of [1, 2]) {
      const giveUp = new AbortController();
      const body = JSON.stringify(goodUpload);
      const creating = expect(
        postJson(server, '/uploads', null, { body, signal: giveUp.signal }),
      ).rejects.toThrow();
      await server.waitFor((requests) =>
        requests.some((entry) => entry.nth === nth && entry.fault === 'hang'),
      );
      giveUp.abort();
      await creating;
      await server.waitFor((requests) => requests[nth - 1]?.endedAtMs !== null);
    }
    expect(server.uploads()).toHaveLength(1);
    server.assertAllFaultsHappened();
  });
});

describe('other faults', () => {
  it('slow reads the body no faster than its rate', async () => {
    const server = await startServer({
      faults: [{ kind: 'slow', bytesPerSecond: 100_000, call: 'part', nth: 1 }],
    });
    const id = await newUpload(server);
    expect((await sendPart(server, id, multipart(Buffer.alloc(30_000)))).status).toBe(200);
    const [entry] = server.requests('part');
    // 0.3 s at that rate; the throttle may be ahead by what it carries over.
    expect((entry?.endedAtMs ?? 0) - (entry?.startedAtMs ?? 0)).toBeGreaterThanOrEqual(200);
    expect(entry?.fault).toBe('slow');
  });

  it('delay answers late', async () => {
    const server = await startServer({ faults: [{ kind: 'delay', delayMs: 60, call: 'create', nth: 1 }] });
    expect((await create(server)).status).toBe(200);
    const [entry] = server.requests();
    expect((entry?.endedAtMs ?? 0) - (entry?.startedAtMs ?? 0)).toBeGreaterThanOrEqual(50);
  });

  it('garble answers 200 with half the JSON, or the given text, after the work', async () => {
    const server = await startServer({
      faults: [
        { kind: 'garble', call: 'create', nth: 1 },
        { kind: 'garble', call: 'create', nth: 2, body: '<p>', contentType: 'text/html' },
      ],
    });
    const half = await create(server);
    expect([half.status, half.json, half.headers['content-type']]).toEqual([200, null, 'application/json']);
    expect(half.text).toMatch(/^\{"id":"upload_/);
    const html = await create(server);
    expect([html.status, html.text, html.headers['content-type']]).toEqual([200, '<p>', 'text/html']);
    expect(server.uploads()).toHaveLength(2);
  });

  it('garble can break off inside the answer', async () => {
    const server = await startServer({
      faults: [{ kind: 'garble', truncate: true, body: '{"id":', call: 'create', nth: 1 }],
    });
    await expect(create(server)).rejects.toThrow();
    expect(server.uploads()).toHaveLength(1);
    expect(server.requests()[0]).toMatchObject({ status: 200, fault: 'garble' });
  });

  it('hold keeps the answer until it is released, so that the first part is acknowledged last', async () => {
    const server = await startServer({ faults: [{ kind: 'hold', label: 'first', call: 'part', nth: 1 }] });
    const id = await newUpload(server);
    const order: string[] = [];
    const first = newPart(server, id, 'hello').then(() => order.push('first'));
    await server.waitForHeld('first');
    expect(server.partsOf(id)).toHaveLength(1);
    await newPart(server, id, 'world').then(() => order.push('second'));
    server.release('first');
    await first;
    expect(order).toEqual(['second', 'first']);
    server.assertAllFaultsHappened();
  });

  it('strike downloads too', async () => {
    const server = await startServer({
      faults: [{ kind: 'garble', truncate: true, call: 'fileContent', nth: 1 }],
    });
    const id = await newFile(server, 'hello');
    await expect(call(server, 'GET', `/files/${id}/content`)).rejects.toThrow();
    expect((await call(server, 'GET', `/files/${id}/content`)).text).toBe('hello');
  });
});
