import { randomUUID } from 'node:crypto';
import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { type Dispatcher, request } from 'undici';
import { onTestFinished } from 'vitest';
import { startUploadsServer } from '../../helpers/uploads-server/start-uploads-server.ts';
import type { UploadsServer, UploadsServerOptions } from '../../helpers/uploads-server/uploads-server.ts';

export interface Reply {
  readonly status: number;
  readonly headers: Readonly<Record<string, string | string[] | undefined>>;
  readonly text: string;
  // biome-ignore lint/suspicious/noExplicitAny: tests look into answers of every shape
  readonly json: any;
}

type CallOptions = Partial<Omit<Dispatcher.RequestOptions, 'path' | 'method' | 'headers'>> & {
  readonly headers?: Record<string, string>;
  readonly key?: string | null;
};

/** A server that ends with the test. */
export async function startServer(options: UploadsServerOptions = {}): Promise<UploadsServer> {
  const server = await startUploadsServer(options);
  onTestFinished(() => server.close());
  return server;
}

/** Ends with the test. */
export async function temporaryDirectory(): Promise<string> {
  const directory = await mkdtemp(join(tmpdir(), 'uploads-server-test-'));
  onTestFinished(() => rm(directory, { recursive: true, force: true }));
  return directory;
}

export async function call(
  server: UploadsServer,
  method: Dispatcher.HttpMethod,
  path: string,
  options: CallOptions = {},
): Promise<Reply> {
  const { key = server.apiKey, headers = {}, ...rest } = options;
  const url = new URL(server.baseUrl);
  const [pathname = '', query = ''] = path.split('?');
  const isAdmin = path.startsWith('/_admin');
  url.pathname = isAdmin ? pathname : `${url.pathname}${pathname}`;
  url.search = [url.search.slice(1), query].filter(Boolean).join('&');
  const answer = await request(url, {
    method,
    headers: { ...keyHeader(server, key), ...headers },
    ...rest,
  });
  const text = await answer.body.text();
  return { status: answer.statusCode, headers: answer.headers, text, json: jsonOrNull(text) };
}

function keyHeader({ profile }: UploadsServer, key: string | null): Record<string, string> {
  if (key === null) return {};
  const isBearer = profile.keyHeader === 'authorization';
  return { [profile.keyHeader]: isBearer ? `Bearer ${key}` : key };
}

export function postJson(server: UploadsServer, path: string, value: unknown, options: CallOptions = {}) {
  const headers = { 'content-type': 'application/json', ...options.headers };
  return call(server, 'POST', path, { body: JSON.stringify(value), ...options, headers });
}

export const goodUpload = { filename: 'a.txt', purpose: 'user_data', bytes: 5, mime_type: 'text/plain' };

export function create(server: UploadsServer, changes: Record<string, unknown> = {}) {
  return postJson(server, '/uploads', { ...goodUpload, ...changes });
}

/** The id of a new upload for that many bytes. */
export async function newUpload(server: UploadsServer, bytes = 5): Promise<string> {
  return (await create(server, { bytes })).json.id;
}

export interface Multipart {
  readonly headers: Record<string, string>;
  readonly body: Buffer;
}

interface FieldShape {
  readonly disposition?: string;
  readonly contentType?: string | null;
  readonly extraFields?: readonly string[];
}

export function multipart(bytes: Buffer | string, shape: FieldShape = {}): Multipart {
  const boundary = `b-${randomUUID()}`;
  const { disposition = 'name="data"; filename="part"', extraFields = [] } = shape;
  const { contentType = 'application/octet-stream' } = shape;
  const typeLine = contentType === null ? '' : `Content-Type: ${contentType}\r\n`;
  const extras = extraFields.map(
    (name) => `--${boundary}\r\nContent-Disposition: form-data; name="${name}"\r\n\r\nvalue\r\n`,
  );
  const body = Buffer.concat([
    Buffer.from(`--${boundary}\r\nContent-Disposition: form-data; ${disposition}\r\n${typeLine}\r\n`),
    Buffer.from(bytes),
    Buffer.from(`\r\n${extras.join('')}--${boundary}--\r\n`),
  ]);
  return { headers: { 'content-type': `multipart/form-data; boundary=${boundary}` }, body };
}

export function sendPart(server: UploadsServer, uploadId: string, { headers, body }: Multipart) {
  return call(server, 'POST', `/uploads/${uploadId}/parts`, { headers, body });
}

/** The id of a part that was accepted. */
export async function newPart(server: UploadsServer, uploadId: string, bytes: Buffer | string) {
  const reply = await sendPart(server, uploadId, multipart(bytes));
  if (reply.status !== 200) throw new Error(`The part was refused: ${reply.text}`);
  return reply.json.id as string;
}

export function complete(server: UploadsServer, uploadId: string, body: Record<string, unknown>) {
  return postJson(server, `/uploads/${uploadId}/complete`, body);
}

export function cancel(server: UploadsServer, uploadId: string) {
  return call(server, 'POST', `/uploads/${uploadId}/cancel`);
}

/** A finished file of that content; its id. */
export async function newFile(server: UploadsServer, content: string, changes: Record<string, unknown> = {}) {
  const upload = await create(server, { bytes: Buffer.byteLength(content), ...changes });
  const part = await newPart(server, upload.json.id, content);
  return (await complete(server, upload.json.id, { part_ids: [part] })).json.file.id as string;
}

function jsonOrNull(text: string): unknown {
  try {
    return JSON.parse(text);
  } catch {
    return null;
  }
}
