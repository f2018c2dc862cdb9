import type { Dispatcher } from 'undici';
import { UploadError } from '../model/errors.ts';
import { fileOf, isId, isUploadId, secondsOf } from '../model/server-values.ts';
import type { FileObject } from '../model/upload.ts';
import { cut } from './error-object.ts';
import type { Redact } from './redact.ts';
import type { Headers } from './retry-after.ts';

/** It is repeated in messages and logs, and a server's has about 40. */
const REQUEST_ID_CHARACTERS = 100;

type Fields = Readonly<Record<string, unknown>>;

/** What the server says about a new upload. Times are Unix seconds; null when it says none. */
export interface CreatedUpload {
  readonly id: string;
  readonly createdAt: number | null;
  readonly expiresAt: number | null;
}

/** An id is enough. Undefined when there is none that can be used. */
export function parseUpload({ id, created_at, expires_at }: Fields): CreatedUpload | undefined {
  if (!isUploadId(id)) return undefined;
  return { id, createdAt: secondsOf(created_at), expiresAt: secondsOf(expires_at) };
}

export function parsePartId({ id }: Fields): string | undefined {
  return isId(id) ? id : undefined;
}

/**
 * The file in the response to *complete*: in the field `file`, or, on some servers, the response
 * itself. Undefined when the response is not about this upload, or does not say that it is
 * complete: then only the list of files can tell.
 * @throws UploadError when the server says that there is no good file
 */
export function parseCompletedFile(response: Fields, uploadId: string): FileObject | undefined {
  const isFileItself = response.object === 'file';
  if (!isFileItself && !isCompletionOf(response, uploadId)) return undefined;

  const file = fileOf(isFileItself ? response : response.file);
  if (file === undefined) return undefined;

  if (file.status === 'error' || file.status === 'deleted') {
    const message = `completing the upload failed: the server's file ${file.id} has the status ${file.status}`;
    throw new UploadError('integrity', { message, hint: 'Push the file again.' });
  }

  return file;
}

function isCompletionOf({ id, status }: Fields, uploadId: string): boolean {
  if (typeof id === 'string' && id !== uploadId) return false;
  if (status === 'cancelled' || status === 'expired') {
    const message = `completing the upload failed: the server says that ${uploadId} is ${status}`;
    throw new UploadError(`upload_${status}`, { message, hint: 'Push the file again.' }, { isFinal: true });
  }
  return typeof status !== 'string' || status === 'completed';
}

export function parseFile(response: Fields): FileObject | undefined {
  return fileOf(response);
}

export function parseFileList({
  data,
  has_more,
}: Fields): { readonly files: readonly FileObject[]; readonly hasMore: boolean } | undefined {
  if (!Array.isArray(data)) return undefined;
  const files = data.map(fileOf).filter((file) => file !== undefined);
  return { files, hasMore: has_more === true };
}

/** Models by their ids, with the date of their shutdown, as YYYY-MM-DD, where it is announced. */
export type ModelList = ReadonlyMap<string, string | undefined>;

/** Undefined for a list that has no model, or not all of them: it would make the others unknown. */
export function parseModels({ data, has_more }: Fields): ModelList | undefined {
  if (!Array.isArray(data) || data.length === 0 || has_more === true) return undefined;

  const models = new Map<string, string | undefined>();
  for (const model of data) {
    const { id, shutdown_date: date } = (model ?? {}) as Fields;
    if (!isId(id)) return undefined;
    models.set(id, isDate(date) ? date : undefined);
  }
  return models;
}

function isDate(value: unknown): value is string {
  return typeof value === 'string' && /^\d{4}-\d{2}-\d{2}$/.test(value) && !Number.isNaN(Date.parse(value));
}

/**
 * A success without the fields that it must have: a fault of the server, or of something in
 * between.
 */
function invalidResponse(
  action: string,
  why: string,
  response?: { readonly status: number; readonly headers: Headers },
): UploadError {
  const requestId = requestIdOf(response?.headers);
  const facts = {
    ...(response && { httpStatus: response.status }),
    ...(requestId !== null && { requestId }),
  };
  const hint = 'Check the base URL and any proxy in between.';

  return new UploadError(
    'server_error',
    { message: `${action} failed: ${why}`, hint, isRetryable: true },
    facts,
  );
}

/**
 * A success that lacks what nobody can go on without. It has no status, which tells it from a
 * refusal. What was made for it nobody can name, so only what makes nothing is asked for again.
 */
export function lackingField(
  { action, field, makesNothing }: { action: string; field: string; makesNothing: boolean },
  response: Fields,
): UploadError {
  const value = field.split('.').reduce<unknown>((at, name) => (at as Fields | undefined)?.[name], response);
  const found = typeof value === 'number' ? `the number ${value}` : cut(JSON.stringify(value) ?? '', 100);
  const isUnusable = value !== undefined && !isId(value);
  const message = `${action} failed: the response has no usable field "${field}"${isUnusable ? `: it is ${found}` : ''}`;
  const hint = 'Check the base URL: the server must answer as the Uploads API does.';
  return new UploadError('request_refused', { message, hint, isRetryable: makesNothing });
}

export function requestIdOf(headers: Headers | undefined): string | null {
  const id = headers?.['x-request-id'];
  return typeof id === 'string' ? cut(id, REQUEST_ID_CHARACTERS) : null;
}

/** The largest response that we expect, a page of a hundred files, has about 30 KB. */
const MAX_RESPONSE_BYTES = 1024 * 1024;

/** A response with its whole body as text. */
export interface Response {
  readonly status: number;
  readonly headers: Headers;
  readonly text: string;
}

/**
 * Some servers repeat what they were sent. No secret may reach a record, a log or the screen that
 * way.
 */
export async function readResponse(
  { statusCode, headers, body }: Dispatcher.ResponseData,
  { action, redact }: { readonly action: string; readonly redact: Redact },
): Promise<Response> {
  const cleanHeaders = Object.entries(headers).map(([name, value]) => [
    name,
    Array.isArray(value) ? value.map(redact) : value && redact(value),
  ]);
  const text = redact(await readText(body, action));

  return { status: statusCode, headers: Object.fromEntries(cleanHeaders), text };
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

/** The JSON object of a success. @throws UploadError `server_error` */
export function parseResponse(response: Response, action: string): Record<string, unknown> {
  let value: unknown;
  try {
    value = JSON.parse(response.text);
  } catch {
    throw invalidResponse(action, 'the response is not JSON', response);
  }
  if (typeof value !== 'object' || value === null || Array.isArray(value))
    throw invalidResponse(action, 'the response is not a JSON object', response);
  return value as Record<string, unknown>;
}
