import { once } from 'node:events';
import { createServer, type IncomingMessage, type ServerResponse } from 'node:http';
import { createServer as createTlsServer } from 'node:https';
import type { AddressInfo, Socket } from 'node:net';
import { adminPath, handleAdmin } from './admin.ts';
import { handleRequest } from './handle-request.ts';
import type { ServerContext } from './server-context.ts';
import type { UploadsServerOptions } from './uploads-server.ts';

export interface Listener {
  readonly port: number;
  /** Cuts all connections, then waits for the handlers to notice. */
  close(): Promise<void>;
}

/**
 * Clients keep connections to use them again. If the server closed one at that moment, it would
 * look like a fault that nobody planned.
 */
const keepAliveTimeoutMs = 120_000;

export async function listen(context: ServerContext, options: UploadsServerOptions): Promise<Listener> {
  const { tls } = options;
  const clients = tls?.clientCa && { ca: tls.clientCa, requestCert: true, rejectUnauthorized: true };
  const server = tls ? createTlsServer({ ...tls, ...clients }) : createServer();
  const sockets = new Set<Socket>();
  const running = new Set<Promise<void>>();
  const onRequest = (request: IncomingMessage, response: ServerResponse) => {
    const isAdmin = request.url?.startsWith(adminPath) ?? false;
    const handling = (isAdmin ? handleAdmin : handleRequest)(context, request, response);
    running.add(handling);
    handling.finally(() => running.delete(handling));
  };
  server.keepAliveTimeout = keepAliveTimeoutMs;
  // A slow or throttled part may take longer than Node's five minutes.
  server.requestTimeout = 0;
  server.on('request', onRequest);
  server.on('checkContinue', onRequest);
  server.on('connection', (socket: Socket) => {
    sockets.add(socket);
    socket.once('close', () => sockets.delete(socket));
  });
  server.listen(options.port ?? 0, options.host ?? '127.0.0.1');
  await once(server, 'listening');
  return {
    port: (server.address() as AddressInfo).port,
    async close() {
      if (server.listening) server.close();
      for (const socket of sockets) socket.destroy();
      await Promise.allSettled(running);
    },
  };
}
