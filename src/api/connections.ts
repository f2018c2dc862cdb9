import { setMaxListeners } from 'node:events';
import type { Socket } from 'node:net';
import { Client, type Dispatcher } from 'undici';
import type { Peer } from '../model/peer.ts';
import type { ClientCertificate } from './connection.ts';
import { openConnection, peerOf, type TlsSessions } from './open-connection.ts';
import type { Route } from './proxy.ts';

/** Longest time to connect, with DNS and TLS. The SDKs and other tools allow 30 to 60 seconds. */
const MAX_CONNECT_MS = 30_000;

/**
 * Longest wait for a response after a failed write. Whatever the server sent has arrived by then.
 */
const LAST_WORDS_MS = 500;

type Outgoing = Pick<Dispatcher.RequestOptions, 'method' | 'body'> & {
  readonly url: URL;
  readonly headers: Readonly<Record<string, string>>;
  readonly signal: AbortSignal;
  /** Stops only the connecting, not a request that is being sent. */
  readonly stop?: AbortSignal | undefined;
  /** Called when a connection has been opened for this request. */
  readonly onConnected?: (peer: Peer) => void;
};

/** The connections of a run. The caller limits how many are open. */
export interface Connections {
  readonly route: Route;
  /**
   * Sends a request, on an idle connection if there is one, and opens at most one for it.
   * `readResponse` must read the body to its end.
   * @throws ConnectFailure, undici's errors, or the signal's reason
   */
  send<T>(request: Outgoing, readResponse: (response: Dispatcher.ResponseData) => Promise<T>): Promise<T>;
  /** Closes all connections, including those that are still being opened. */
  close(): Promise<void>;
}

/** One connection, which is reopened after it was closed, and the request that it serves. */
interface Lane {
  readonly client: Client;
  /** Each of them stops the connecting. */
  stops: readonly AbortSignal[];
  hasConnected: boolean;
  onConnected?: ((peer: Peer) => void) | undefined;
  /** The first error of its socket. undici reports the last one. */
  brokenBy?: unknown;
}

/**
 * Each request has a connection to itself. Its signal can then stop the connecting, and a failed
 * connection fails only that one attempt. undici's own pool would reconnect by itself, and ignores
 * the signal until it is connected. Its timeouts for responses are off: see `sendRequest`.
 */
export function createConnections(
  route: Route,
  {
    stallTimeoutMs,
    client: certificate,
  }: { readonly stallTimeoutMs: number; readonly client?: ClientCertificate | undefined },
): Connections {
  const limitMs = Math.min(stallTimeoutMs, MAX_CONNECT_MS);
  const sessions: TlsSessions = new Map();
  const lanes = new Set<Lane>();
  const idle: Lane[] = [];
  const closing = new AbortController();
  // Every connection being opened listens to this signal, which is not a leak.
  setMaxListeners(0, closing.signal);

  const openLane = (): Lane => {
    const client: Client = new Client(route.origin, {
      headersTimeout: 0,
      bodyTimeout: 0,
      connect({ servername = '' }, callback) {
        // The connection closed before it was of any use. Another attempt is up to the caller.
        if (lane.hasConnected) return callback(cut(), null);
        lane.hasConnected = true;
        const bounded = boundConnecting([...lane.stops, closing.signal], limitMs);
        openConnection(route, { servername, sessions, client: certificate, signal: bounded.signal })
          .finally(bounded.end)
          .then(
            (socket) => {
              socket.on('error', (error) => {
                lane.brokenBy ??= error;
              });
              if (socket.destroyed) return callback(cut(), null);
              readBeforeFailing(socket);
              lane.onConnected?.(peerOf(socket));
              callback(null, socket);
            },
            (error) => callback(error, null),
          );
      },
    });
    const lane: Lane = { client, stops: [], hasConnected: false };
    lanes.add(lane);

    return lane;
  };

  return {
    route,
    async send({ url, headers, stop, onConnected, ...request }, readResponse) {
      request.signal.throwIfAborted();
      const lane = idle.pop() ?? openLane();
      const stops = stop ? [request.signal, stop] : [request.signal];
      Object.assign(lane, { stops, hasConnected: false, brokenBy: undefined, onConnected });

      try {
        const response = await lane.client.request({ ...request, ...addressed(route, url, headers) });
        const result = await readResponse(response);
        idle.push(lane);
        return result;
      } catch (error) {
        lanes.delete(lane);
        void lane.client.destroy();
        throw isOfSocket(error) ? (lane.brokenBy ?? error) : error;
      }
    },
    async close() {
      closing.abort();
      // Node reads the stack of the error, for which V8 would count the lines of our code.
      const closed = Object.assign(new Error('the connections are closed'), { stack: '' });
      await Promise.all([...lanes].map(({ client }) => client.destroy(closed)));
    },
  };
}

/**
 * A server may refuse a body and close the connection before it has read all of it. The next write
 * then fails, and would destroy the socket before the response is read. So the failure is held back
 * until the socket has closed, for at most `LAST_WORDS_MS`.
 */
function readBeforeFailing(socket: Socket): void {
  const { _write, _writev } = socket;
  const afterReading = (callback: (error?: Error | null) => void) => (error?: Error | null) => {
    if (!error) return callback();
    const fail = () => {
      clearTimeout(timer);
      socket.off('close', fail);
      callback(error);
    };
    const timer = setTimeout(fail, LAST_WORDS_MS);
    socket.once('close', fail);
  };

  socket._write = (chunk, encoding, callback) => _write.call(socket, chunk, encoding, afterReading(callback));
  if (_writev) socket._writev = (chunks, callback) => _writev.call(socket, chunks, afterReading(callback));
}

/**
 * Whether undici reports a closed socket. A server that refuses a client certificate says so before
 * it closes, so the first error of the socket says more.
 */
function isOfSocket(error: unknown): boolean {
  return error instanceof Error && 'code' in error && error.code === 'UND_ERR_SOCKET';
}

function cut(): Error {
  return new Error('the connection was cut');
}

/** For http, a proxy gets the whole address, as curl sends it. Only https needs a tunnel. */
function addressed({ origin, proxy }: Route, url: URL, headers: Outgoing['headers']) {
  if (proxy === undefined || origin.protocol === 'https:')
    return { path: `${url.pathname}${url.search}`, headers };
  const { authorization } = proxy;
  return {
    path: url.href,
    headers: { ...headers, ...(authorization && { 'proxy-authorization': authorization }) },
  };
}

/** Returns a signal that aborts with the first of the others, or when the time is up. */
function boundConnecting(signals: readonly AbortSignal[], limitMs: number) {
  const ended = new AbortController();
  const timer = setTimeout(() => {
    ended.abort(new Error(`no connection within ${Math.round(limitMs / 1000)} s`));
  }, limitMs);
  const stops = signals.map((signal) => {
    const stop = () => ended.abort(signal.reason);
    if (signal.aborted) stop();
    signal.addEventListener('abort', stop, { once: true });
    return () => signal.removeEventListener('abort', stop);
  });

  return {
    signal: ended.signal,
    end() {
      clearTimeout(timer);
      for (const stop of stops) stop();
    },
  };
}
