import { describe, expect, it } from 'vitest';
import type { Fault } from '../../helpers/uploads-server/fault.ts';
import { call, create, goodUpload, postJson, startServer } from './client.ts';

describe('the plan', () => {
  it('counts each call on its own, repeats a fault, and puts a numbered one before one for all', async () => {
    const server = await startServer({
      faults: [
        { kind: 'status', call: 'create', nth: 'every', status: 500 },
        { kind: 'status', call: 'create', nth: 2, times: 2, status: 429 },
      ],
    });
    await call(server, 'GET', '/files');
    const statuses = [];
    for (let n = 0; n < 4; n += 1) statuses.push((await create(server)).status);
    expect(statuses).toEqual([500, 429, 429, 500]);
    server.assertAllFaultsHappened();
  });

  it('names the faults that did not happen, or not often enough', async () => {
    const server = await startServer();
    const never: Fault = { kind: 'reset', when: 'start', call: 'cancel', nth: 1 };
    const once: Fault = { kind: 'status', call: 'create', nth: 1, times: 2, status: 500 };
    server.addFaults(never, once, { kind: 'delay', delayMs: 1, call: 'getFile', nth: 'every' });
    await create(server);
    expect(server.pendingFaults()).toEqual([never, once]);
    expect(() => server.assertAllFaultsHappened()).toThrow(/"cancel".*\n.*"create"/);
  });

  it('keeps a fault pending whose moment never came', async () => {
    const server = await startServer({
      faults: [
        { kind: 'reset', when: 'after-bytes', bytes: 1_000_000, call: 'create', nth: 1 },
        { kind: 'status', when: 'after-work', status: 500, call: 'create', nth: 2 },
        { kind: 'status', status: 500, call: 'create', nth: 3 },
      ],
    });
    expect((await create(server)).status).toBe(200);
    expect((await create(server, { bytes: 0 })).status).toBe(400);
    expect((await postJson(server, '/uploads', goodUpload, { key: 'sk-wrong' })).status).toBe(401);
    expect(server.pendingFaults()).toHaveLength(3);
    expect(server.requests().map(({ fault }) => fault)).toEqual([null, null, null]);
  });
});
