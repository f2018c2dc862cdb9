import { randomUUID } from 'node:crypto';
import type { Readable } from 'node:stream';
import type { Clock } from '../model/clock.ts';
import { isUploadError, type UploadError } from '../model/errors.ts';
import type { OnEvent } from '../model/events.ts';
import type { Connection } from './connection.ts';
import type { Connections } from './connections.ts';
import { errorFromNetwork, type FailedRequest, proxyRefusal } from './network-errors.ts';
import { parseResponse, type Response, readResponse, requestIdOf } from './parse-responses.ts';
import type { Redact } from './redact.ts';
import { errorFromResponse, type Subject } from './response-errors.ts';
import { dateOf, requestLimitOf } from './retry-after.ts';

export interface ApiRequest {
  readonly method: 'GET' | 'POST';
  /** Below the base URL, with its slash, each segment encoded. */
  readonly path: string;
  readonly query?: Readonly<Record<string, string>>;
  readonly json?: unknown;
  readonly part?: PartBody;
  /** What this is for, as in "sending part 3". */
  readonly action: string;
  readonly target: Subject;
}

export interface CallOptions {
  readonly signal: AbortSignal;
  /** Aborted when nothing new is to start. Then no connection is waited for. */
  readonly stop?: AbortSignal;
  /** From 1; for the log. */
  readonly attempt: number;
}

export interface HttpClient {
  readonly connection: Connection;
  readonly connections: Connections;
  readonly redact: Redact;
  readonly userAgent: string;
  readonly clock: Clock;
  readonly onEvent: OnEvent;
  /** Called with the time in the `Date` header of every response, in milliseconds since 1970. */
  readonly onServerDate: (ms: number) => void;
  /**
   * Called when a response says how many requests the server takes. `startedAt`: when its request
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
 * @throws UploadError, or the signal's reason
 */
export async function sendRequest(
  client: HttpClient,
  call: ApiRequest,
  options: CallOptions,
): Promise<Record<string, unknown>> {
  const url = urlOf(client.connection.baseUrl, call);
  const startedAt = client.clock.monotonic();
  let response: Response | undefined;

  try {
    response = await exchange(client, call, url, options);
    if (response.status >= 200 && response.status < 300) return parseResponse(response, call.action);
    throw refusal(response, call, client);
  } catch (error) {
    if (isUploadError(error)) throw error;
    options.signal.throwIfAborted();
    throw errorFromNetwork(error, failed(call, client));
  } finally {
    client.onEvent({
      type: 'request',
      method: call.method,
      path: url.pathname,
      status: response?.status ?? null,
      requestId: requestIdOf(response?.headers),
      attempt: options.attempt,
      durationMs: client.clock.monotonic() - startedAt,
    });
  }
}

/** A proxy on the way answers for itself with 407; servers do not. */
function refusal(response: Response, call: ApiRequest, client: HttpClient): UploadError {
  const isOfProxy = response.status === 407 && client.connections.route.proxy !== undefined;
  if (isOfProxy) return proxyRefusal(response.status, failed(call, client));
  const { auth } = client.connection;
  return errorFromResponse(response, { ...call, auth, nowMs: client.clock.now() });
}

function failed({ action }: ApiRequest, { connections, clock }: HttpClient): FailedRequest {
  return { action, route: connections.route, nowMs: clock.now() };
}

async function exchange(
  client: HttpClient,
  call: ApiRequest,
  url: URL,
  { signal, stop }: CallOptions,
): Promise<Response> {
  const startedAt = client.clock.monotonic();
  const json = call.json === undefined ? undefined : Buffer.from(JSON.stringify(call.json));
  const request = {
    url,
    method: call.method,
    signal,
    stop,
    headers: headersOf(client, call, json !== undefined),
    body: json ?? streamed(call.part),
  };

  return await client.connections.send(request, (response) => {
    const date = dateOf(response.headers.date);
    if (date !== undefined) client.onServerDate(date);
    const limit = requestLimitOf(response.headers);
    if (limit !== undefined) client.onRequestLimit?.(limit, startedAt);
    return readResponse(response, { action: call.action, redact: client.redact });
  });
}

/** The user's headers come last and replace ours, in any letter case. */
function headersOf(client: HttpClient, { part }: ApiRequest, isJson: boolean): Record<string, string> {
  const ours = {
    accept: 'application/json',
    'user-agent': client.userAgent,
    'x-client-request-id': randomUUID(),
    ...identity(client.connection),
    ...(isJson && { 'content-type': 'application/json' }),
    ...(part && { 'content-type': part.contentType, 'content-length': String(part.length) }),
  };

  const theirs = Object.entries(client.connection.headers).map(([name, value]) => [
    name.toLowerCase(),
    value,
  ]);
  return { ...ours, ...Object.fromEntries(theirs) };
}

/**
 * undici takes any async iterable and waits for the socket between chunks. Its types only know
 * `Readable`.
 */
function streamed(part: PartBody | undefined): Readable | null {
  return part === undefined ? null : (part.chunks() as unknown as Readable);
}

function identity({ auth, apiKey, organization, project }: Connection): Record<string, string> {
  return {
    ...(auth === 'api-key' ? { 'api-key': apiKey } : { authorization: `Bearer ${apiKey}` }),
    ...(organization !== null && { 'openai-organization': organization }),
    ...(project !== null && { 'openai-project': project }),
  };
}

function urlOf(baseUrl: string, { path, query }: ApiRequest): URL {
  const url = new URL(baseUrl);
  url.pathname = url.pathname.replace(/\/$/, '') + path;
  for (const [name, value] of Object.entries(query ?? {})) url.searchParams.set(name, value);
  return url;
}

/** A body that can be sent once. `chunks` starts it; `length` is exact, in bytes. */
export interface PartBody {
  readonly contentType: string;
  readonly length: number;
  chunks(): AsyncIterable<Uint8Array>;
}

/**
 * The multipart body of one part, around bytes that are streamed: field `data`, with a filename,
 * because a common parser drops a file without one, and a content type, because Azure refuses a
 * part without.
 */
export function partBody(bytes: AsyncIterable<Uint8Array>, length: number): PartBody {
  const boundary = `openai-upload-${randomUUID()}`;
  const head = Buffer.from(
    `--${boundary}\r\nContent-Disposition: form-data; name="data"; filename="part"\r\nContent-Type: application/octet-stream\r\n\r\n`,
  );
  const tail = Buffer.from(`\r\n--${boundary}--\r\n`);

  return {
    contentType: `multipart/form-data; boundary=${boundary}`,
    length: head.length + length + tail.length,
    async *chunks() {
      yield head;
      yield* bytes;
      yield tail;
    },
  };
}
