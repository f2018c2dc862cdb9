import type { FileObject } from '../model/upload.ts';

/** The last second that a date can hold; a server that counts in microseconds is beyond it. */
const LAST_SECOND = 8_640_000_000_000;

type Fields = Readonly<Record<string, unknown>>;

/** The server's upload, as far as we rely on it. Times in Unix seconds. */
export interface CreatedUpload {
  readonly id: string;
  readonly createdAt: number;
  readonly expiresAt: number;
}

/** Undefined when the answer names no id or no times: then there is nothing to hold on to. */
export function parseUpload({ id, created_at, expires_at }: Fields): CreatedUpload | undefined {
  if (!isText(id) || !isTime(created_at) || !isTime(expires_at)) return undefined;
  return { id, createdAt: Math.floor(created_at), expiresAt: Math.floor(expires_at) };
}

export function parsePartId({ id }: Fields): string | undefined {
  return isText(id) ? id : undefined;
}

/** The file in an answer to *complete*: in the upload's field `file`, or, on some servers, the answer itself. */
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
