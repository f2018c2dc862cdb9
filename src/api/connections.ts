import { setMaxListeners } from 'node:events';
import type { Socket } from 'node:net';
import { Client, type Dispatcher } from 'undici';
import type { Peer } from '../model/peer.ts';
import { peerOf } from './describe-peer.ts';
import { type ClientCertificate, openConnection, type TlsSessions } from './open-connection.ts';
import type { Route } from './proxy.ts';

/** Longest time to connect, with DNS and TLS. The SDKs and other tools allow 30 to 60 seconds. */
const MAX_CONNECT_MS = 30_000;

/** Longest wait for a response once a write has failed. What the server has sent is here already. */
const LAST_WORDS_MS = 500;

type Outgoing = Pick<Dispatcher.RequestOptions, 'method' | 'body'> & {
  readonly url: URL;
  readonly headers: Readonly<Record<string, string>>;
  readonly signal: AbortSignal;
  /** Ends the connecting alone. */
  readonly stop?: AbortSignal | undefined;
  /** Called when a connection was opened for it. */
  readonly onConnected?: (peer: Peer) => void;
};

/** The connections of a run. The caller bounds how many are open. */
export interface Connections {
  readonly route: Route;
  /**
   * Sends a request, on an idle connection if there is one, and opens at most one for it.
   * `readResponse` must read the body to its end.
   * @throws ConnectFailure, undici's errors, or the signal's reason
   */
  send<T>(request: Outgoing, readResponse: (response: Dispatcher.ResponseData) => Promise<T>): Promise<T>;
  /** Ends all that is open, or about to be. */
  close(): Promise<void>;
}

/** One connection, opened again when it was closed, and the request that it is for. */
interface Lane {
  readonly client: Client;
  /** Any of them ends the connecting. */
  stops: readonly AbortSignal[];
  hasConnected: boolean;
  onConnected?: ((peer: Peer) => void) | undefined;
  /** What its socket failed with first. undici tells the last. */
  brokenBy?: unknown;
}

/**
 * Each request has a connection to itself, so that its signal can end the connecting, and so that a
 * connection that fails is a failure of that one attempt. undici's own pool would connect again by
 * itself, and is deaf to the signal until it is connected. Its timeouts for responses are off: see
 * `sendRequest`.
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
  // Every connection that is about to open listens to it, which is no leak.
  setMaxListeners(0, closing.signal);

  const openLane = (): Lane => {
    const client: Client = new Client(route.origin, {
      headersTimeout: 0,
      bodyTimeout: 0,
      connect({ servername = '' }, callback) {
        // Connected, and closed before anything came of it: another attempt is for the caller to
        // make.
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
      await Promise.all([...lanes].map(({ client }) => client.destroy()));
    },
  };
}

/**
 * A server may refuse a body, and close, before it has read all of it. The next write fails then, and
 * would take the socket with it before the response is read. So its failure waits for the reading,
 * which ends with the response, or else with the connection.
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

/** A server that refuses a client certificate says so, then closes. */
function isOfSocket(error: unknown): boolean {
  return error instanceof Error && 'code' in error && error.code === 'UND_ERR_SOCKET';
}

function cut(): Error {
  return new Error('the connection was cut');
}

/** For http a proxy gets the whole address, as curl sends it; only https needs a tunnel. */
function addressed({ origin, proxy }: Route, url: URL, headers: Outgoing['headers']) {
  if (proxy === undefined || origin.protocol === 'https:')
    return { path: `${url.pathname}${url.search}`, headers };
  const { authorization } = proxy;
  return {
    path: url.href,
    headers: { ...headers, ...(authorization && { 'proxy-authorization': authorization }) },
  };
}

/** A signal that is aborted with one of the others, or when the time is up. */
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
