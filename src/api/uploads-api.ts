import { randomUUID } from 'node:crypto';
import { fileOf } from '../model/server-values.ts';
import type { FileObject } from '../model/upload.ts';
import {
  type CreatedUpload,
  lackingField,
  type ModelList,
  parseCompletedFile,
  parseFileList,
  parseModels,
  parsePartId,
  parseUpload,
} from './parse-responses.ts';
import {
  type ApiRequest,
  type CallOptions,
  type HttpClient,
  type PartBody,
  sendRequest,
} from './send-request.ts';

export type { CallOptions };

interface NewUpload {
  readonly filename: string;
  readonly purpose: string;
  readonly bytes: number;
  readonly mimeType: string;
  /** Lifetime of the resulting file in seconds: 3600 to 2592000, according to the API reference. */
  readonly fileLifetimeSeconds: number | null;
}

export interface NewPart {
  readonly uploadId: string;
  /** From 1. For messages only: the API has no part numbers. */
  readonly number: number;
  readonly length: number;
  readonly bytes: AsyncIterable<Uint8Array>;
}

interface FinishedUpload {
  readonly id: string;
  /** In file order. */
  readonly partIds: readonly string[];
  /** Null when the server should not check it. */
  readonly md5: string | null;
}

/**
 * The calls of the API. Each is sent once. A call rejects with an UploadError that says whether
 * another attempt has a chance, or with the signal's reason.
 */
export interface UploadsApi {
  createUpload(upload: NewUpload, options: CallOptions): Promise<CreatedUpload>;
  /** Resolves to the part's id. */
  addPart(part: NewPart, options: CallOptions): Promise<string>;
  /** Resolves to the file, which always has an id. */
  completeUpload(upload: FinishedUpload, options: CallOptions): Promise<FileObject>;
  cancelUpload(id: string, options: CallOptions): Promise<void>;
  /** Asks for a file that should exist. */
  getFile(id: string, options: CallOptions): Promise<FileObject>;
  /** One page of files, newest first. */
  listFiles(
    page: { purpose: string; after?: string },
    options: CallOptions,
  ): Promise<{ files: readonly FileObject[]; hasMore: boolean }>;
  /** The models that the key can use. */
  listModels(options: CallOptions): Promise<ModelList>;
}

/** A call, and what its response must have. `parse` returns undefined without a usable `field`. */
interface Call<T> extends ApiRequest {
  readonly field: string;
  readonly parse: (response: Record<string, unknown>) => T | undefined;
}

/** Small enough for our limit on the size of a response. One page is nearly always enough. */
const FILES_PER_PAGE = '100';

export function createUploadsApi(client: HttpClient): UploadsApi {
  const send = async <T>({ field, parse, ...call }: Call<T>, options: CallOptions): Promise<T> => {
    const response = await sendRequest(client, call, options);
    const parsed = parse(response);
    if (parsed !== undefined) return parsed;
    throw lackingField({ action: call.action, field, makesNothing: call.method === 'GET' }, response);
  };

  return {
    createUpload: (upload, options) => send(createCall(upload), options),
    addPart: (part, options) => send(partCall(part), options),
    completeUpload: (upload, options) => send(completeCall(upload), options),
    async cancelUpload(id, options) {
      const path = `${pathOf(id)}/cancel`;
      const action = 'cancelling the upload';
      await sendRequest(client, { method: 'POST', path, action, target: 'upload' }, options);
    },
    getFile(id, options) {
      const path = `/files/${encodeURIComponent(id)}`;
      const action = `asking for the file ${id}`;
      return send({ method: 'GET', path, action, field: 'id', parse: fileOf }, options);
    },
    listFiles(page, options) {
      const query = { ...page, order: 'desc', limit: FILES_PER_PAGE };
      const action = 'listing files';
      return send(
        { method: 'GET', path: '/files', query, action, field: 'data', parse: parseFileList },
        options,
      );
    },
    listModels(options) {
      const action = 'asking for the models';
      return send({ method: 'GET', path: '/models', action, field: 'data', parse: parseModels }, options);
    },
  };
}

function createCall({ fileLifetimeSeconds, mimeType, ...upload }: NewUpload): Call<CreatedUpload> {
  const { filename, purpose, bytes } = upload;
  const expiry = fileLifetimeSeconds !== null && {
    expires_after: { anchor: 'created_at', seconds: fileLifetimeSeconds },
  };
  const json = { filename, purpose, bytes, mime_type: mimeType, ...expiry };
  const action = 'creating the upload';
  return { method: 'POST', path: '/uploads', json, action, field: 'id', parse: parseUpload };
}

function partCall({ uploadId, number, bytes, length }: NewPart): Call<string> {
  return {
    method: 'POST',
    path: `${pathOf(uploadId)}/parts`,
    part: partBody(bytes, length),
    action: `sending part ${number}`,
    target: 'upload',
    field: 'id',
    parse: parsePartId,
  };
}

/**
 * Builds the multipart body of one part around streamed bytes. The field `data` has a filename,
 * because a common parser drops a file without one, and a content type, because Azure refuses a
 * part without one.
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

function completeCall({ id, partIds, md5 }: FinishedUpload): Call<FileObject> {
  return {
    method: 'POST',
    path: `${pathOf(id)}/complete`,
    json: { part_ids: partIds, ...(md5 !== null && { md5 }) },
    action: 'completing the upload',
    target: 'completion',
    field: 'file.id',
    parse: (response) => parseCompletedFile(response, id),
  };
}

function pathOf(uploadId: string): string {
  return `/uploads/${encodeURIComponent(uploadId)}`;
}
