import type { Connection } from '../api/connection.ts';
import { readClientCertificate } from '../api/connection.ts';
import { createConnections } from '../api/connections.ts';
import { errorFromNetwork } from '../api/network-errors.ts';
import { type ConnectFailure, openConnection, peerOf } from '../api/open-connection.ts';
import { type Route, routeTo } from '../api/proxy.ts';
import { createRedactor } from '../api/redact.ts';
import { sendRequest } from '../api/send-request.ts';
import { systemClock } from '../model/clock.ts';
import { isUploadError, UploadError } from '../model/errors.ts';
import type { Check, CheckName } from '../model/health.ts';
import { formatPeer } from '../model/peer.ts';
import { anySignal } from '../model/signals.ts';
import { VERSION } from '../model/version.ts';
import { DEFAULT_STALL_TIMEOUT_MS, type DiagnoseOptions } from '../options/options.ts';
import { toCallerError } from '../upload/caller-error.ts';
import { callApi, createContext } from '../upload/context.ts';
import { connectionOf, openDependencies } from '../upload/dependencies.ts';
import { checkState } from './check-state.ts';
import { measureLink } from './measure-link.ts';

/** A wrong clock breaks certificates and tokens. Kerberos and cloud APIs allow this much, too. */
const MAX_CLOCK_OFF_MS = 5 * 60_000;

/**
 * Checks what an upload needs, in the order in which it needs it, and yields each result as soon as
 * it is known. A check that an earlier failure makes impossible is skipped. Only the upload of
 * `uploadBytes` creates anything on the server.
 */
export async function* diagnose(given: DiagnoseOptions): AsyncGenerator<Check> {
  const { signal = new AbortController().signal } = given;
  const options = { ...given, signal };

  yield await check('state', signal, () => checkState(options));

  let server: Server | undefined;
  let attempt: Attempt | undefined;
  const proxied = await check('proxy', signal, async () => {
    server = serverOf(options);
    const { proxy } = server.route;
    if (proxy === undefined) return 'none';

    attempt = await connect(server, options);
    if (attempt.isOfProxy) throw attempt.error;
    return `${proxy.url.host}, from ${proxy.variable}`;
  });
  yield proxied;
  if (server === undefined || proxied.status === 'failed')
    return yield* skipped('tls', 'clock', 'key', ...asked(options));

  const known = server;
  const tls = await check('tls', signal, async () => {
    const { error, found = '' } = attempt ?? (await connect(known, options));
    if (error) throw error;
    return found;
  });
  yield tls;
  if (tls.status === 'failed') return yield* skipped('clock', 'key', ...asked(options));

  yield await check('clock', signal, () => checkClock(known, options));

  const key = await check('key', signal, () => checkKey(options));
  yield key;
  if (options.uploadBytes === undefined) return;
  if (key.status === 'failed') return yield* skipped('upload');

  const bytes = options.uploadBytes;
  yield await check('upload', signal, () => withContext(options, (context) => measureLink(bytes, context)));
}

function asked({ uploadBytes }: DiagnoseOptions): readonly CheckName[] {
  return uploadBytes === undefined ? [] : ['upload'];
}

function* skipped(...names: readonly CheckName[]): Generator<Check> {
  for (const name of names) yield { name, status: 'skipped', message: 'an earlier check failed' };
}

type Finding = string | Pick<Check, 'message' | 'speed'>;

async function check(name: CheckName, signal: AbortSignal, work: () => Promise<Finding>): Promise<Check> {
  try {
    signal.throwIfAborted();
    const found = await work();
    return { name, status: 'ok', ...(typeof found === 'string' ? { message: found } : found) };
  } catch (cause) {
    const error = toCallerError(cause, signal, {});
    if (!isUploadError(error)) throw error;
    return { name, status: 'failed', message: error.message, error };
  }
}

type Diagnosis = DiagnoseOptions & { readonly signal: AbortSignal };

interface Server {
  readonly connection: Connection;
  readonly route: Route;
}

function serverOf(options: DiagnoseOptions): Server {
  const connection = connectionOf(options);
  return { connection, route: routeTo(connection.baseUrl, process.env) };
}

interface Attempt {
  /** Which host answered, with which certificate. */
  readonly found?: string;
  readonly error?: unknown;
  /** Whether the fault lies with the proxy, and not with what is behind it. */
  readonly isOfProxy?: boolean;
}

/** Opens a connection and closes it. @throws UploadError `usage` of the client certificate */
async function connect({ connection, route }: Server, options: Diagnosis): Promise<Attempt> {
  const { signal, stallTimeoutMs = DEFAULT_STALL_TIMEOUT_MS } = options;
  const limit = anySignal([signal, AbortSignal.timeout(Math.min(stallTimeoutMs, 30_000))]);
  const client = readClientCertificate(options, connection.baseUrl);
  const { hostname, host } = route.origin;

  try {
    const servername = /^[\d.]+$|^\[/.test(hostname) ? '' : hostname;
    const socket = await openConnection(route, { servername, client, sessions: new Map(), signal: limit });
    const peer = peerOf(socket);
    socket.on('error', () => undefined).destroy();
    return { found: `${host}, ${formatPeer(peer)}` };
  } catch (failure) {
    signal.throwIfAborted();
    const error = errorFromNetwork(failure, { action: 'connecting', route, nowMs: systemClock.now() });
    return { error, isOfProxy: (failure as ConnectFailure).isOfProxy };
  }
}

/** Asks without the key, because even a refusal carries the time. */
async function checkClock({ connection, route }: Server, options: Diagnosis): Promise<string> {
  const { signal, stallTimeoutMs = DEFAULT_STALL_TIMEOUT_MS } = options;
  const certificate = readClientCertificate(options, connection.baseUrl);
  const connections = createConnections(route, { stallTimeoutMs, client: certificate });
  const { redact } = createRedactor(connection, route.proxy);
  let date: number | undefined;
  const client = {
    connection,
    connections,
    redact,
    userAgent: `openai-upload/${VERSION} node/${process.versions.node}`,
    clock: systemClock,
    onEvent: options.onEvent ?? (() => undefined),
    onServerDate: (ms: number) => {
      date = ms;
    },
  };

  try {
    const limit = anySignal([signal, AbortSignal.timeout(stallTimeoutMs)]);
    const call = { method: 'GET', path: '/files', action: 'asking for the time' } as const;
    await sendRequest(client, call, { signal: limit, attempt: 1 });
  } catch (error) {
    signal.throwIfAborted();
    if (date === undefined && isUploadError(error) && error.code === 'network') throw error;
  } finally {
    await connections.close();
  }

  if (date === undefined) return 'not known: the server does not send the time';
  return describeClock(systemClock.now() - date);
}

function describeClock(offMs: number): string {
  const seconds = Math.round(Math.abs(offMs) / 1000);
  const words = `${seconds} s ${offMs < 0 ? 'behind' : 'ahead of'} the server's`;
  // The server's time is in whole seconds and slightly old.
  if (seconds <= 2) return "the same as the server's";
  if (Math.abs(offMs) <= MAX_CLOCK_OFF_MS) return words;
  const hint = 'Set the clock of this machine: certificates and tokens depend on it.';
  throw new UploadError('usage', { message: `the clock is ${words}`, hint });
}

async function checkKey(options: DiagnoseOptions): Promise<string> {
  return await withContext(options, async (context) => {
    const call = { what: 'list', action: 'listing files' };
    await callApi(context, call, (request) => context.deps.api.listFiles({ purpose: 'user_data' }, request));
    return `accepted by ${new URL(context.deps.connection.baseUrl).host}`;
  });
}

async function withContext<T>(
  options: DiagnoseOptions,
  work: (context: ReturnType<typeof createContext>) => Promise<T>,
): Promise<T> {
  const deps = await openDependencies(options);
  const context = createContext({ ...options, retries: options.retries ?? 2 }, deps);
  context.slot.release();
  try {
    return await work(context);
  } finally {
    await deps.close();
  }
}
