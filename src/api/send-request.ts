import { randomUUID } from 'node:crypto';
import type { Readable } from 'node:stream';
import type { Dispatcher } from 'undici';
import type { Clock } from '../model/clock.ts';
import { isUploadError } from '../model/errors.ts';
import type { OnEvent } from '../model/events.ts';
import { type Connection, withoutSecrets } from './connection.ts';
import type { PartBody } from './multipart.ts';
import { errorFromNetwork } from './network-errors.ts';
import { invalidResponse, requestIdOf } from './parse-responses.ts';
import { errorFromResponse, type Subject } from './response-errors.ts';
import { dateOf, type Headers } from './retry-after.ts';

/** The largest response that we expect, a page of a hundred files, has about 30 KB. */
const MAX_RESPONSE_BYTES = 1024 * 1024;

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
  /** From 1; for the log. */
  readonly attempt: number;
}

export interface HttpClient {
  readonly connection: Connection;
  readonly dispatcher: Dispatcher;
  readonly userAgent: string;
  readonly clock: Clock;
  readonly onEvent: OnEvent;
  /** Called with the time in the `Date` header of every response, in milliseconds since 1970. */
  readonly onServerDate: (ms: number) => void;
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
    response = await exchange(client, call, url, options.signal);
    if (response.status >= 200 && response.status < 300) return parseResponse(response, call.action);
    const { auth } = client.connection;
    throw errorFromResponse(response, { ...call, auth, nowMs: client.clock.now() });
  } catch (error) {
    if (isUploadError(error)) throw error;
    throw options.signal.aborted
      ? options.signal.reason
      : errorFromNetwork(error, { action: call.action, host: url.host });
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

interface Response {
  readonly status: number;
  readonly headers: Headers;
  readonly text: string;
}

async function exchange(
  client: HttpClient,
  call: ApiRequest,
  url: URL,
  signal: AbortSignal,
): Promise<Response> {
  const json = call.json === undefined ? undefined : Buffer.from(JSON.stringify(call.json));

  const { statusCode, headers, body } = await client.dispatcher.request({
    origin: url.origin,
    path: `${url.pathname}${url.search}`,
    method: call.method,
    signal,
    headersTimeout: 0,
    bodyTimeout: 0,
    headers: headersOf(client, call, json !== undefined),
    body: json ?? streamed(call.part),
  });

  const date = dateOf(headers.date);
  if (date !== undefined) client.onServerDate(date);
  // Some servers repeat what they were sent. No secret may reach a record, a log or the screen that
  // way.
  const clean = (text: string) => withoutSecrets(text, client.connection);
  const cleanHeaders = Object.entries(headers).map(([name, value]) => [
    name,
    typeof value === 'string' ? clean(value) : value,
  ]);
  const text = clean(await readText(body, call.action));

  return { status: statusCode, headers: Object.fromEntries(cleanHeaders), text };
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

async function readText(body: Dispatcher.ResponseData['body'], action: string): Promise<string> {
  const chunks: Buffer[] = [];
  let bytes = 0;
  for await (const chunk of body) {
    bytes += chunk.length;
    if (bytes > MAX_RESPONSE_BYTES) throw invalidResponse(action, 'the response is too long');
    chunks.push(chunk);
  }
  return Buffer.concat(chunks).toString('utf8');
}

function parseResponse(response: Response, action: string): Record<string, unknown> {
  let value: unknown;
  try {
    value = JSON.parse(response.text);
  } catch {
    throw invalidResponse(action, 'the response is not JSON', response);
  }
  if (typeof value === 'object' && value !== null) return value as Record<string, unknown>;
  throw invalidResponse(action, 'the response is not a JSON object', response);
}

function urlOf(baseUrl: string, { path, query }: ApiRequest): URL {
  const url = new URL(baseUrl);
  url.pathname = url.pathname.replace(/\/$/, '') + path;
  for (const [name, value] of Object.entries(query ?? {})) url.searchParams.set(name, value);
  return url;
}
