import { once } from 'node:events';
import { connect as connectTcp, isIP, type Socket } from 'node:net';
import type { Certificate, TLSSocket } from 'node:tls';
import type { Peer } from '../model/peer.ts';
import { type ClientCertificate, hostOf } from './connection.ts';
import type { ProxyServer, Route } from './proxy.ts';

/** A connection that could not be opened, with what went wrong as its cause. */
export interface ConnectFailure extends Error {
  readonly name: 'ConnectFailure';
  /** Whether the proxy could not be reached, or refused. */
  readonly isOfProxy: boolean;
  /** The HTTP status of a proxy that refused the tunnel. */
  readonly proxyStatus?: number;
}

/** The latest TLS session of each host. It saves the next handshake a round trip. */
export type TlsSessions = Map<string, Buffer>;

/**
 * Opens one connection. With a proxy, https goes through a tunnel, and http to the proxy itself.
 * undici's own proxy support has no time limit and cannot be aborted, and it reconnects endlessly
 * to a proxy that closes the connection.
 * @throws ConnectFailure. It has no `code` of its own, because undici retries after some codes.
 */
export async function openConnection(
  { origin, proxy }: Route,
  options: TlsOptions & { readonly servername: string; readonly signal: AbortSignal },
): Promise<Socket> {
  const { signal } = options;
  const target = { host: hostOf(origin), port: portOf(origin), servername: options.servername };
  const isTls = origin.protocol === 'https:';
  const progress = { isOfProxy: proxy !== undefined };

  try {
    signal.throwIfAborted();
    if (!proxy) {
      const socket = await openTcp(target, signal);
      return isTls ? await openTls(socket, target, options) : socket;
    }

    const near = await reachProxy(proxy, signal);
    if (!isTls) return near;

    const tunnel = await openTunnel(near, proxy, { authority: `${origin.hostname}:${target.port}`, signal });
    progress.isOfProxy = false;
    return await openTls(tunnel, target, options);
  } catch (cause) {
    const isAbort = cause instanceof Error && cause.name === 'AbortError';
    throw connectFailure(isAbort ? signal.reason : cause, progress);
  }
}

interface TlsOptions {
  readonly sessions: TlsSessions;
  /** For the API only. A proxy gets no client certificate. */
  readonly client?: ClientCertificate | undefined;
}

interface Target {
  readonly host: string;
  readonly port: number;
  /** Empty for an IP address, which TLS does not allow as a server name. */
  readonly servername: string;
}

async function openTcp({ host, port }: Target, signal: AbortSignal): Promise<Socket> {
  const socket = connectTcp({ host, port, noDelay: true, keepAlive: true, keepAliveInitialDelay: 60_000 });
  let isLookedUp = isIP(host) !== 0;
  socket.once('lookup', () => {
    isLookedUp = true;
  });

  try {
    return await whenOpen(socket, 'connect', signal);
  } catch (error) {
    if (isLookedUp || !signal.aborted) throw error;
    throw Object.assign(new Error('the name server is silent'), { code: 'EAI_AGAIN' });
  }
}

async function openTls(
  socket: Socket,
  { host, servername }: Target,
  { sessions, client, signal }: TlsOptions & { readonly signal: AbortSignal },
): Promise<Socket> {
  const tls = await import('node:tls');
  const key = servername || host;
  const session = sessions.get(key);

  const secure = tls.connect({ socket, host, servername, session, ALPNProtocols: ['http/1.1'], ...client });
  secure.on('session', (latest) => sessions.set(key, latest));
  secure.once('close', () => socket.destroy());

  return await whenOpen(secure, 'secureConnect', signal);
}

async function reachProxy({ url }: ProxyServer, signal: AbortSignal): Promise<Socket> {
  const host = hostOf(url);
  const target = { host, port: portOf(url), servername: isIP(host) ? '' : host };

  const socket = await openTcp(target, signal);

  return url.protocol === 'https:' ? await openTls(socket, target, { sessions: new Map(), signal }) : socket;
}

async function openTunnel(
  socket: Socket,
  { authorization }: ProxyServer,
  { authority, signal }: { readonly authority: string; readonly signal: AbortSignal },
): Promise<Socket> {
  const { request } = await import('node:http');
  const asking = request({
    method: 'CONNECT',
    path: authority,
    headers: { host: authority, ...(authorization && { 'proxy-authorization': authorization }) },
    createConnection: () => socket,
  });
  asking.end();

  try {
    const [{ statusCode }, , early] = await once(asking, 'connect', { signal });
    socket.unshift(early);
    if (statusCode >= 200 && statusCode < 300) return socket;
    throw Object.assign(new Error(`HTTP ${statusCode}`), { proxyStatus: statusCode });
  } catch (error) {
    asking.on('error', () => undefined).destroy();
    socket.destroy();
    throw error;
  }
}

async function whenOpen<S extends Socket>(
  socket: S,
  event: 'connect' | 'secureConnect',
  signal: AbortSignal,
): Promise<S> {
  // The socket may fail at a moment when nothing else listens for errors.
  socket.on('error', () => undefined);

  try {
    await once(socket, event, { signal });
    return socket;
  } catch (error) {
    socket.destroy();
    throw error;
  }
}

function connectFailure(cause: unknown, { isOfProxy }: { readonly isOfProxy: boolean }): ConnectFailure {
  const proxyStatus =
    cause instanceof Error && 'proxyStatus' in cause ? { proxyStatus: cause.proxyStatus } : {};
  const failure = new Error('no connection', { cause });
  return Object.assign(failure, { name: 'ConnectFailure', isOfProxy, ...proxyStatus }) as ConnectFailure;
}

function portOf({ port, protocol }: URL): number {
  if (port !== '') return Number(port);
  return protocol === 'https:' ? 443 : 80;
}

/** Describes the other end of an open connection. Through a proxy, the address is the proxy's. */
export function peerOf(socket: Socket): Peer {
  return {
    address: socket.remoteAddress ?? '',
    port: socket.remotePort ?? 0,
    tls: isTls(socket) ? tlsOf(socket) : null,
  };
}

function tlsOf(socket: TLSSocket): Peer['tls'] {
  // A resumed TLS session brings no certificate.
  const { subject, issuer, valid_to } = socket.getPeerCertificate();
  const certificate = valid_to
    ? {
        subject: nameIn(subject),
        issuer: String(issuer?.O || nameIn(issuer)),
        until: new Date(valid_to).toISOString().slice(0, 10),
      }
    : null;

  return { protocol: socket.getProtocol() ?? 'TLS', certificate };
}

function nameIn(holder: Pick<Certificate, 'CN' | 'O'> | undefined): string {
  return String(holder?.CN || holder?.O || 'nobody');
}

/** Looks for a method, because an `instanceof` test would load TLS. */
function isTls(socket: Socket): socket is TLSSocket {
  return 'getPeerCertificate' in socket;
}
