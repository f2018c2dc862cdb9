import type { Readable } from 'node:stream';
import type { Clock } from '../model/clock.ts';
import { isUploadError, type UploadError } from '../model/errors.ts';
import type { OnEvent } from '../model/events.ts';
import { type Hint, hint } from '../model/hint.ts';
import type { Peer } from '../model/peer.ts';
import type { Connection } from './connection.ts';
import type { Connections } from './connections.ts';
import type { Credentials } from './credentials.ts';
import { dateOf, type Headers, headersOf, requestLimitOf, shownHeaders, shownQuery } from './headers.ts';
import { errorFromNetwork, type FailedRequest, proxyRefusal } from './network-errors.ts';
import { parseResponse, type Response, readResponse, requestIdOf } from './parse-responses.ts';
import type { Redact } from './redact.ts';
import { errorFromResponse } from './response-errors.ts';
import type { Subject } from './server-quirks.ts';

/** A body that can be sent once. `chunks` starts it, and `length` is its exact size in bytes. */
export interface PartBody {
  readonly contentType: string;
  readonly length: number;
  chunks(): AsyncIterable<Uint8Array>;
}

export interface ApiRequest {
  readonly method: 'GET' | 'POST';
  /** Relative to the base URL, with a leading slash and encoded segments. */
  readonly path: string;
  readonly query?: Readonly<Record<string, string>>;
  readonly json?: unknown;
  readonly part?: PartBody;
  /** What the request does, such as "sending part 3". */
  readonly action: string;
  /** Absent when the request names nothing that exists yet. */
  readonly target?: Subject;
}

export interface CallOptions {
  readonly signal: AbortSignal;
  /** Aborted when nothing new may start. The request then stops waiting for a connection. */
  readonly stop?: AbortSignal;
  /** From 1, for the log. */
  readonly attempt: number;
}

export interface HttpClient {
  readonly connection: Connection;
  /** Absent for requests without a key. */
  readonly credentials?: Credentials | undefined;
  readonly connections: Connections;
  readonly redact: Redact;
  readonly userAgent: string;
  readonly clock: Clock;
  readonly onEvent: OnEvent;
  /** Called with the time in the `Date` header of every response, in milliseconds since 1970. */
  readonly onServerDate: (ms: number) => void;
  /**
   * Called when a response says how many requests the server takes. `startedAt` is when its request
   * began, on the monotonic clock.
   */
  readonly onRequestLimit?: (
    limit: NonNullable<ReturnType<typeof requestLimitOf>>,
    startedAt: number,
  ) => void;
}

/**
 * Sends a request once, and returns the JSON object of a 2xx response. Redirects are not followed.
 * undici's own timeouts are off: one of them runs while a body is sent, so a slow link would look
 * like a dead server. The caller watches for stalls and aborts through `signal`.
 *
 * After a 401, the error has `hasNewKey` when the credentials can get another key. A body can be
 * sent only once, so the next attempt is up to the caller.
 * @throws UploadError, or the signal's reason
 */
export async function sendRequest(
  client: HttpClient,
  call: ApiRequest,
  options: CallOptions,
): Promise<Record<string, unknown>> {
  const { connections, credentials, clock, redact } = client;
  const url = urlOf(client.connection.baseUrl, call);
  const startedAt = clock.monotonic();
  const key = await credentials?.key(options.signal);
  const headers = headersOf(client, key, contentOf(call));
  const seen: { connection?: Peer } = {};
  let response: Response | undefined;

  try {
    const { method } = call;
    const { signal, stop } = options;
    const onConnected = (peer: Peer) =>
      Object.assign(seen, { connection: JSON.parse(redact(JSON.stringify(peer))) });
    const request = { url, method, headers, body: bodyOf(call), signal, stop, onConnected };
    const sentAt = clock.monotonic();

    response = await connections.send(request, (received) => {
      noteLimits(received.headers, sentAt, client);
      return readResponse(received, { action: call.action, redact });
    });
    if (response.status < 200 || response.status >= 300) throw refusal(response, { ...call, key }, client);
    if (key !== undefined) credentials?.accepted(key);
    return parseResponse(response, call.action);
  } catch (error) {
    if (isUploadError(error)) throw error;
    options.signal.throwIfAborted();
    throw errorFromNetwork(error, failed(call, client));
  } finally {
    client.onEvent({
      type: 'request',
      method: call.method,
      path: url.pathname,
      ...(url.search !== '' && { query: shownQuery(url, redact) }),
      status: response?.status ?? null,
      requestId: requestIdOf(response?.headers),
      attempt: options.attempt,
      durationMs: clock.monotonic() - startedAt,
      ...seen,
      requestHeaders: shownHeaders(headers, redact),
      // They were redacted when they were read.
      ...(response && { responseHeaders: shownHeaders(response.headers, (text) => text) }),
    });
  }
}

/** Notes what a response says about the server's time, and about how many requests it takes. */
function noteLimits(headers: Headers, sentAt: number, client: HttpClient): void {
  const date = dateOf(headers.date);
  if (date !== undefined) client.onServerDate(date);
  const limit = requestLimitOf(headers);
  if (limit !== undefined) client.onRequestLimit?.(limit, sentAt);
}

/** Attributes a 407 to a proxy on the route, because servers do not send it. */
function refusal(
  response: Response,
  { key, ...call }: ApiRequest & { readonly key: string | undefined },
  client: HttpClient,
): UploadError {
  const isOfProxy = response.status === 407 && client.connections.route.proxy !== undefined;
  if (isOfProxy) return proxyRefusal(response.status, failed(call, client));

  const { connection, credentials } = client;
  const error = errorFromResponse(response, { ...call, auth: connection.auth, nowMs: client.clock.now() });
  if (response.status !== 401 || credentials === undefined || key === undefined) return error;

  const explained = error.with({ hint: keyHint(error, credentials, client.connections.route.origin) });
  if (!credentials.refused(key, explained)) return explained;
  return explained.with({ isRetryable: true, facts: { hasNewKey: true } });
}

/**
 * Puts the origin of the key in place of the option, and adds the host that the key was sent to.
 */
function keyHint({ hintParts }: UploadError, { origin }: Credentials, { host }: URL): Hint {
  const parts = hintParts.flatMap((part) =>
    typeof part !== 'string' && part.option === 'apiKey' ? origin : [part],
  );
  return hint`${parts} The key was sent to ${host}.`;
}

function failed({ action }: ApiRequest, { connections, clock, credentials }: HttpClient): FailedRequest {
  return { action, route: connections.route, nowMs: clock.now(), keyOrigin: credentials?.origin };
}

/** The headers that describe the body. */
function contentOf({ json, part }: ApiRequest): Readonly<Record<string, string>> {
  if (part) return { 'content-type': part.contentType, 'content-length': String(part.length) };
  return json === undefined ? {} : { 'content-type': 'application/json' };
}

/**
 * undici takes any async iterable and waits for the socket between chunks, but its types allow only
 * `Readable`.
 */
function bodyOf({ json, part }: ApiRequest): Buffer | Readable | null {
  if (part) return part.chunks() as unknown as Readable;
  return json === undefined ? null : Buffer.from(JSON.stringify(json));
}

function urlOf(baseUrl: string, { path, query }: ApiRequest): URL {
  const url = new URL(baseUrl);
  url.pathname = url.pathname.replace(/\/$/, '') + path;
  for (const [name, value] of Object.entries(query ?? {})) url.searchParams.set(name, value);
  return url;
}
