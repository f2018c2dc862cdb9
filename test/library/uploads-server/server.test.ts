import { existsSync } from 'node:fs';
import { readdir } from 'node:fs/promises';
import { connect } from 'node:net';
import { describe, expect, it } from 'vitest';
import { startUploadsServer } from '../../helpers/uploads-server/start-uploads-server.ts';
import { call, multipart, newPart, newUpload, sendPart, startServer, temporaryDirectory } from './client.ts';

describe('parts at once', () => {
  it('are counted while they run', async () => {
    const server = await startServer({
      faults: [{ kind: 'hold', label: 'all', call: 'part', nth: 1, times: 3 }],
    });
    const id = await newUpload(server);
    const parts = ['a', 'b', 'c'].map((text) => newPart(server, id, text));
    await server.waitFor(() => server.partsOf(id).length === 3);
    server.release('all');
    await Promise.all(parts);
    await newPart(server, id, 'd');
    expect(server.mostPartsInFlight()).toBe(3);
  });

  it('are not counted together when each follows the answer to the last', async () => {
    const server = await startServer({ maxPartsInFlight: 1 });
    const id = await newUpload(server);
    for (const text of 'abcdefghij') await newPart(server, id, text);
    expect(server.mostPartsInFlight()).toBe(1);
  });

  it('above the limit are answered 429', async () => {
    const server = await startServer({
      maxPartsInFlight: 1,
      faults: [{ kind: 'hold', label: 'first', call: 'part', nth: 1 }],
    });
    const id = await newUpload(server);
    const first = newPart(server, id, 'a');
    await server.waitForHeld('first');
    const second = await sendPart(server, id, multipart('b'));
    expect([second.status, second.headers['retry-after']]).toEqual([429, '1']);
    server.release('first');
    await first;
    await newPart(server, id, 'b');
  });
});

describe('throttles', () => {
  it.each([{ bytesPerSecond: 200_000 }, { totalBytesPerSecond: 400_000 }])(
    'hold the rate %j',
    async (options) => {
      const server = await startServer(options);
      const id = await newUpload(server);
      const startedAtMs = performance.now();
      await Promise.all([1, 2].map(() => newPart(server, id, Buffer.alloc(40_000))));
      // 0.2 s at that rate, less what the throttle may carry over.
      expect(performance.now() - startedAtMs).toBeGreaterThanOrEqual(130);
    },
  );
});

describe('closing', () => {
  it('cuts idle and hanging connections, wakes who waits, and removes its own store', async () => {
    const server = await startServer({
      faults: [{ kind: 'hang', when: 'answer', call: 'listFiles', nth: 1 }],
    });
    const silent = connect(server.port, '127.0.0.1');
    const silentClosed = new Promise((resolve) => silent.once('close', resolve));
    silent.on('error', () => {});
    const hanging = expect(call(server, 'GET', '/files')).rejects.toThrow();
    await server.waitFor((requests) => requests[0]?.fault === 'hang');
    const waiting = expect(server.waitFor(() => false)).rejects.toThrow(/closed/);
    const waitingForHeld = expect(server.waitForHeld('never')).rejects.toThrow(/closed/);
    await server.close();
    await Promise.all([hanging, waiting, waitingForHeld, silentClosed]);
    expect(existsSync(server.storeDirectory)).toBe(false);
    await server.close();
  });

  it('keeps a store it was given', async () => {
    const storeDirectory = await temporaryDirectory();
    const server = await startServer({ storeDirectory });
    const part = await newPart(server, await newUpload(server), 'hello');
    await server.close();
    expect(await readdir(storeDirectory)).toEqual([part]);
  });
});

it('waitFor passes on what the predicate throws', async () => {
  const server = await startServer();
  const broken = () => {
    throw new Error('broken');
  };
  await expect(server.waitFor(broken)).rejects.toThrow('broken');
});

it('refuses nonsense faults at the start, and a port in use', async () => {
  await expect(startUploadsServer({ faults: [{ kind: 'explode' } as never] })).rejects.toThrow(/kind/);
  const { port } = await startServer();
  await expect(startUploadsServer({ port })).rejects.toThrow(/EADDRINUSE/);
});
