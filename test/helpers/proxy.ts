import { once } from 'node:events';
import { createServer } from 'node:http';
import { type AddressInfo, connect, type Socket } from 'node:net';

export interface Proxy {
  /** With the user and password in it, when it asks for them. */
  readonly url: string;
  /** The hosts it was asked to connect to. */
  readonly targets: readonly string[];
  close(): Promise<void>;
}

/** An HTTP proxy on this machine that tunnels with CONNECT, or refuses every tunnel with a status. */
export async function startProxy(options: { user?: string; status?: number } = {}): Promise<Proxy> {
  const targets: string[] = [];
  const sockets = new Set<Socket>();
  const expected = options.user && `Basic ${Buffer.from(options.user).toString('base64')}`;
  const server = createServer((_request, response) => void response.writeHead(501).end());
  server.on('connection', (socket) => {
    sockets.add(socket);
    socket.on('close', () => sockets.delete(socket));
  });
  server.on('connect', (request, client: Socket) => {
    targets.push(request.url ?? '');
    client.on('error', () => client.destroy());
    const isWelcome = !expected || request.headers['proxy-authorization'] === expected;
    const status = isWelcome ? options.status : 407;
    if (status) return void client.end(`HTTP/1.1 ${status} No\r\nContent-Length: 0\r\n\r\n`);
    const { hostname, port } = new URL(`http://${request.url}`);
    const target = connect(Number(port), hostname, () => {
      client.write('HTTP/1.1 200 OK\r\n\r\n');
      client.pipe(target).pipe(client);
    });
    target.on('error', () => client.destroy());
    client.on('close', () => target.destroy());
  });
  server.listen(0, '127.0.0.1');
  await once(server, 'listening');
  const { port } = server.address() as AddressInfo;
  return {
    url: `http://${options.user ? `${options.user}@` : ''}127.0.0.1:${port}`,
    targets,
    async close() {
      server.close();
      for (const socket of sockets) socket.destroy();
      await once(server, 'close');
    },
  };
}
