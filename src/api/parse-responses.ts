import { UploadError } from '../model/errors.ts';
import type { FileObject } from '../model/upload.ts';
import { cut } from './error-object.ts';
import type { Headers } from './retry-after.ts';

/**
 * The last second that a Date can hold. The times of a server that counts in microseconds are
 * beyond it.
 */
const LAST_SECOND = 8_640_000_000_000;

/** It is repeated in messages and logs, and a server's has about 40. */
const REQUEST_ID_CHARACTERS = 100;

type Fields = Readonly<Record<string, unknown>>;

/** The fields of the server's upload that we rely on. Times are Unix seconds. */
export interface CreatedUpload {
  readonly id: string;
  readonly createdAt: number;
  readonly expiresAt: number;
}

/** Undefined when the response has no id or no times. */
export function parseUpload({ id, created_at, expires_at }: Fields): CreatedUpload | undefined {
  if (!isText(id) || !isTime(created_at) || !isTime(expires_at)) return undefined;
  return { id, createdAt: Math.floor(created_at), expiresAt: Math.floor(expires_at) };
}

export function parsePartId({ id }: Fields): string | undefined {
  return isText(id) ? id : undefined;
}

/**
 * The file in the response to *complete*: in the field `file`, or, on some servers, the response
 * itself.
 */
export function parseCompletedFile(response: Fields): FileObject | undefined {
  const file = response.object === 'file' ? response : response.file;
  return isFile(file) ? file : undefined;
}

export function parseFile(response: Fields): FileObject | undefined {
  return isFile(response) ? response : undefined;
}

export function parseFileList({
  data,
  has_more,
}: Fields): { readonly files: readonly FileObject[]; readonly hasMore: boolean } | undefined {
  if (!Array.isArray(data)) return undefined;
  return { files: data.filter(isFile), hasMore: has_more === true };
}

function isFile(value: unknown): value is FileObject {
  return typeof value === 'object' && value !== null && isText((value as Fields).id);
}

function isText(value: unknown): value is string {
  return typeof value === 'string' && value !== '';
}

function isTime(value: unknown): value is number {
  return typeof value === 'number' && value >= 0 && value <= LAST_SECOND;
}

/**
 * A success without the fields that it must have: a fault of the server, or of something in
 * between.
 */
export function invalidResponse(
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

export function requestIdOf(headers: Headers | undefined): string | null {
  const id = headers?.['x-request-id'];
  return typeof id === 'string' ? cut(id, REQUEST_ID_CHARACTERS) : null;
}
