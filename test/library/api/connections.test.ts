import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { createServer, type IncomingMessage, type ServerResponse } from 'node:http';
import { type AddressInfo, connect as openSocket, type Socket } from 'node:net';
import { Readable } from 'node:stream';
import { setImmediate } from 'node:timers/promises';
import { describe, expect, it, onTestFinished } from 'vitest';
import { lacks } from '../../helpers/lacks.ts';
import { listen } from '../../helpers/listen.ts';
import { once as call, connect, connectToServer, newUpload } from './wire.ts';

const HTTPS = { baseUrl: 'https://api.invalid/v1' };

/** How many connections there were, besides ten of our own: a client that tries for ever gets in between them. */
async function connectionsBefore({ host, sockets }: Awaited<ReturnType<typeof listen>>): Promise<number> {
  const { hostname, port } = new URL(`http://${host}`);
  for (let n = 0; n < 10; n += 1) {
    const socket = openSocket(Number(port), hostname).resume();
    await once(socket, 'connect');
    socket.end();
  }
  await expect.poll(() => sockets.length).toBeGreaterThanOrEqual(11);
  return sockets.length - 10;
}

describe('a connection', () => {
  it.each([
    ['closes before the request', () => undefined],
    ['closes after CONNECT', (text: string) => text.includes('\r\n\r\n')],
  ])('through a proxy that %s is tried once, and worth another attempt', async (_, hasHeard) => {
    const proxy = await listen((socket) =>
      socket.on('data', (data) => hasHeard(String(data)) !== false && socket.destroy()),
    );
    const { api } = connect(HTTPS, { HTTPS_PROXY: `http://${proxy.host}` });
    await expect(api.createUpload(newUpload, call)).rejects.toMatchObject({
      code: 'network',
      isRetryable: true,
      message: `creating the upload failed: the proxy ${proxy.host} of HTTPS_PROXY: the connection was cut (ECONNRESET)`,
    });
    expect(await connectionsBefore(proxy)).toBe(1);
  });

  it('that a server closes before it has answered is opened once', async () => {
    const server = await listen((socket) => socket.destroy());
    const { api } = connect({ baseUrl: `http://${server.host}/v1` });
    await expect(api.createUpload(newUpload, call)).rejects.toMatchObject({
      code: 'network',
      isRetryable: true,
    });
    expect(await connectionsBefore(server)).toBe(1);
  });

  it.skipIf(lacks('unread'))(
    'on which a body is refused, and closed before it is read, still brings the refusal',
    async () => {
      const response = 'HTTP/1.1 413 Payload Too Large\\r\\ncontent-length: 9\\r\\n\\r\\ntoo large';
      // In a process of its own, which answers while this one writes.
      const script = `
      const server = require('node:net').createServer((socket) => {
        socket.on('error', () => undefined).once('data', () => socket.write('${response}', () => socket.destroy()));
      });
      server.listen(0, '127.0.0.1', () => console.log(server.address().port));`;
      const child = spawn(process.execPath, ['-e', script], { stdio: ['ignore', 'pipe', 'inherit'] });
      onTestFinished(() => void child.kill('SIGKILL'));
      const [port] = await once(child.stdout, 'data');

      const { api } = connect({ baseUrl: `http://127.0.0.1:${Number(port)}/v1` });
      const large = Readable.from(Array.from({ length: 100 }, () => Buffer.alloc(65_536)));
      const upload = { uploadId: 'upload_1', number: 1, length: 6_553_600, bytes: large };
      await expect(api.addPart(upload, call)).rejects.toMatchObject({ facts: { httpStatus: 413 } });
    },
  );

  const SILENT: readonly [string, (host: string) => Parameters<typeof connect>][] = [
    ['a proxy that does not answer CONNECT', (host) => [HTTPS, { HTTPS_PROXY: host }]],
    ['a proxy that is silent in TLS', (host) => [HTTPS, { HTTPS_PROXY: `https://${host}` }]],
    ['a host that is silent in TLS', (host) => [{ baseUrl: `https://${host}/v1` }, {}]],
  ];

  it.each(SILENT)('to %s is given up when the time is up', async (_, wire) => {
    const silent = await listen(() => undefined);
    const [connection, env] = wire(silent.host);
    const { api } = connect(connection, env, 1000);
    await expect(api.createUpload(newUpload, call)).rejects.toMatchObject({
      code: 'network',
      isRetryable: true,
      message: expect.stringContaining(`${silent.host}`),
    });
    expect(silent.sockets).toHaveLength(1);
  });

  it.each(SILENT)('to %s ends at once with the signal, and leaves nothing open', async (_, wire) => {
    const silent = await listen(() => undefined);
    const { api } = connect(...wire(silent.host));
    const stop = new AbortController();
    const creating = api.createUpload(newUpload, { signal: stop.signal, attempt: 1 });
    const ending = expect(creating).rejects.toBe('SIGINT');
    await expect.poll(() => silent.sockets.length).toBe(1);
    const closed = once(silent.sockets[0]!.resume(), 'close');
    stop.abort('SIGINT');
    await ending;
    await closed;
  });

  it('that is being opened is not waited for when nothing new is to start', async () => {
    const silent = await listen(() => undefined);
    const { api } = connect({ baseUrl: `https://${silent.host}/v1` });
    const stop = new AbortController();
    const ending = expect(api.createUpload(newUpload, { ...call, stop: stop.signal })).rejects.toThrow();
    await expect.poll(() => silent.sockets.length).toBe(1);
    stop.abort('SIGINT');
    await ending;
  });

  it('that is being opened ends when all are closed', async () => {
    const silent = await listen(() => undefined);
    const { api, connections } = connect({ baseUrl: `https://${silent.host}/v1` });
    const ending = expect(api.createUpload(newUpload, call)).rejects.toMatchObject({ code: 'network' });
    await expect.poll(() => silent.sockets.length).toBe(1);
    const closed = once(silent.sockets[0]!.resume(), 'close');
    await connections.close();
    await ending;
    await closed;
  });

  it('serves one request after the other', async () => {
    const opened: Socket[] = [];
    const server = createServer((_, response) =>
      response.end(JSON.stringify({ id: 'upload_1', created_at: 1, expires_at: 2 })),
    ).on('connection', (socket) => void opened.push(socket));
    server.listen(0, '127.0.0.1');
    await once(server, 'listening');
    onTestFinished(() => void server.close());
    const { api } = connect({ baseUrl: `http://127.0.0.1:${(server.address() as AddressInfo).port}/v1` });
    for (let n = 0; n < 3; n += 1) await api.createUpload(newUpload, call);
    expect(opened).toHaveLength(1);
    server.closeAllConnections();
    await once(opened[0]!, 'close');
    // The client is this process: it hears of it in the next round of the event loop.
    await setImmediate();
    await setImmediate();
    await api.createUpload(newUpload, call);
    expect(opened).toHaveLength(2);
  });

  it('after a refusal serves the next request', async () => {
    const { api, server } = await connectToServer({
      faults: [{ kind: 'status', status: 500, call: 'create', nth: 1 }],
    });
    await expect(api.createUpload(newUpload, call)).rejects.toMatchObject({ code: 'server_error' });
    await api.createUpload(newUpload, call);
    expect(server.requests()).toHaveLength(2);
  });
});

describe('an http: address through a proxy', () => {
  const HTTP = { baseUrl: 'http://api.invalid/v1' };

  async function forward(answer: (request: IncomingMessage, response: ServerResponse) => void) {
    const server = createServer(answer).on('connect', (_, socket) => socket.destroy());
    server.listen(0, '127.0.0.1');
    await once(server, 'listening');
    onTestFinished(() => void server.close());
    return `127.0.0.1:${(server.address() as AddressInfo).port}`;
  }

  it('is asked for as a whole, without a tunnel', async () => {
    const asked: unknown[] = [];
    const proxy = await forward(({ method, url, headers }, response) => {
      asked.push([method, url, headers.host, headers['proxy-authorization']]);
      response.end(JSON.stringify({ id: 'upload_1', created_at: 1, expires_at: 2 }));
    });
    const { api } = connect(HTTP, { http_proxy: `ann:secret@${proxy}` });
    await api.createUpload(newUpload, call);
    const user = `Basic ${Buffer.from('ann:secret').toString('base64')}`;
    expect(asked).toEqual([['POST', 'http://api.invalid/v1/uploads', 'api.invalid', user]]);
  });

  it('that wants a password says so', async () => {
    const proxy = await forward((_, response) => void response.writeHead(407).end());
    const { api } = connect(HTTP, { http_proxy: proxy });
    await expect(api.createUpload(newUpload, call)).rejects.toMatchObject({
      code: 'authentication',
      hint: expect.stringContaining('http_proxy=http://user:password@host:port'),
    });
  });
});
