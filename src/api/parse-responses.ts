import type { Dispatcher } from 'undici';
import { UploadError } from '../model/errors.ts';
import { fileOf, isId, isUploadId, secondsOf } from '../model/server-values.ts';
import type { FileObject } from '../model/upload.ts';
import { cut } from './error-object.ts';
import type { Headers } from './headers.ts';
import type { Redact } from './redact.ts';

/** The longest request id to repeat in messages and logs. Real ones have about 40 characters. */
const REQUEST_ID_CHARACTERS = 100;

type Fields = Readonly<Record<string, unknown>>;

/**
 * What the server says about a new upload. Times are in Unix seconds, or null when it gives none.
 */
export interface CreatedUpload {
  readonly id: string;
  /** The size of the file that it is for; null when the server does not say. */
  readonly bytes: number | null;
  readonly createdAt: number | null;
  readonly expiresAt: number | null;
}

/** Requires only an id. Returns undefined when there is no usable one. */
export function parseUpload({ id, bytes, created_at, expires_at }: Fields): CreatedUpload | undefined {
  if (!isUploadId(id)) return undefined;
  const times = { createdAt: secondsOf(created_at), expiresAt: secondsOf(expires_at) };
  return { id, bytes: typeof bytes === 'number' && bytes > 0 ? bytes : null, ...times };
}

export function parsePartId({ id }: Fields): string | undefined {
  return isId(id) ? id : undefined;
}

/**
 * Returns the file in the response to *complete*: the field `file` or, on some servers, the
 * response itself. The result is undefined when the response is about another upload, or does not
 * say that the upload is complete. In that case, only the list of files can tell.
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

export function parseFileList({
  data,
  has_more,
}: Fields): { readonly files: readonly FileObject[]; readonly hasMore: boolean } | undefined {
  if (!Array.isArray(data)) return undefined;
  const files = data.map(fileOf).filter((file) => file !== undefined);
  return { files, hasMore: has_more === true };
}

/** Model ids, each with the date of its shutdown as YYYY-MM-DD if one is announced. */
export type ModelList = ReadonlyMap<string, string | undefined>;

/** Returns undefined for an empty or incomplete list, because missing models would seem unknown. */
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
 * Makes the error for a success with an unusable body: a fault of the server, or of something in
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
 * Makes the error for a success without a required field. It has no HTTP status, which tells it
 * from a refusal. Nothing can name what the request has made, so only a request that makes nothing
 * is tried again.
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

/** The largest response to expect, a page of a hundred files, has about 30 KB. */
const MAX_RESPONSE_BYTES = 1024 * 1024;

/** A response with its whole body as text. */
export interface Response {
  readonly status: number;
  readonly headers: Headers;
  readonly text: string;
}

/**
 * Reads a response and redacts it. Some servers repeat what they were sent, and no secret may reach
 * a record, a log or the screen that way.
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
  return new TextDecoder().decode(Buffer.concat(chunks)); // Without a byte-order mark.
}

/** Returns the fields of a success. @throws UploadError `server_error` */
export function parseResponse(response: Response, action: string): Record<string, unknown> {
  let value: unknown;
  try {
    value = JSON.parse(response.text);
  } catch {
    throw invalidResponse(action, 'the response is not JSON', response);
  }
  if (!isShallow(value, MAX_LEVELS))
    throw invalidResponse(action, 'the response is nested too deeply', response);
  // Whole, but without any of the fields that are needed. So it is not asked for again.
  if (typeof value !== 'object' || value === null || Array.isArray(value)) return {};
  return value as Record<string, unknown>;
}

/** The API has five. A value of many thousands can be parsed, but not be written again. */
const MAX_LEVELS = 100;

function isShallow(value: unknown, levels: number): boolean {
  if (typeof value !== 'object' || value === null) return true;
  return levels > 0 && Object.values(value).every((each) => isShallow(each, levels - 1));
}
