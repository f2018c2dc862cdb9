import type { FileObject } from '../model/upload.ts';
import { type PartBody, partBody } from './multipart.ts';
import {
  type CreatedUpload,
  lackingField,
  type ModelList,
  parseCompletedFile,
  parseFile,
  parseFileList,
  parseModels,
  parsePartId,
  parseUpload,
} from './parse-responses.ts';
import { type ApiRequest, type CallOptions, type HttpClient, sendRequest } from './send-request.ts';

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

/**
 * The calls of the API. Each is sent once. A call rejects with an UploadError that says whether
 * another attempt has a chance, or with the signal's reason.
 */
export interface UploadsApi {
  createUpload(upload: NewUpload, options: CallOptions): Promise<CreatedUpload>;
  /** Resolves to the part's id. */
  addPart(part: NewPart, options: CallOptions): Promise<string>;
  /** Resolves to the file, which always has an id. */
  completeUpload(
    upload: { id: string; partIds: readonly string[]; md5: string | null },
    options: CallOptions,
  ): Promise<FileObject>;
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

/** What a response must have. `parse` returns undefined when there is no usable `field`. */
interface Expected<T> {
  readonly field: string;
  readonly parse: (response: Record<string, unknown>) => T | undefined;
}

/** Small enough for our limit on the size of a response. One page is nearly always enough. */
const FILES_PER_PAGE = 100;

export function createUploadsApi(client: HttpClient): UploadsApi {
  const send = async <T>(
    call: ApiRequest,
    options: CallOptions,
    { field, parse }: Expected<T>,
  ): Promise<T> => {
    const response = await sendRequest(client, call, options);
    const parsed = parse(response);
    if (parsed !== undefined) return parsed;
    throw lackingField({ action: call.action, field, makesNothing: call.method === 'GET' }, response);
  };

  return {
    createUpload: (upload, options) => send(createCall(upload), options, { field: 'id', parse: parseUpload }),
    addPart: (part, options) =>
      send(partCall(part, partBody(part.bytes, part.length)), options, { field: 'id', parse: parsePartId }),
    completeUpload: ({ id, partIds, md5 }, options) => {
      const json = { part_ids: partIds, ...(md5 !== null && { md5 }) };
      const path = `${pathOf(id)}/complete`;
      return send(
        { method: 'POST', path, json, action: 'completing the upload', target: 'completion' },
        options,
        { field: 'file.id', parse: (response) => parseCompletedFile(response, id) },
      );
    },
    cancelUpload: async (id, options) => {
      const path = `${pathOf(id)}/cancel`;
      await sendRequest(
        client,
        { method: 'POST', path, action: 'cancelling the upload', target: 'upload' },
        options,
      );
    },
    getFile: (id, options) => {
      const path = `/files/${encodeURIComponent(id)}`;
      const action = `asking for the file ${id}`;
      return send({ method: 'GET', path, action, target: 'nothing' }, options, {
        field: 'id',
        parse: parseFile,
      });
    },
    listFiles: ({ purpose, after }, options) => {
      const query = {
        purpose,
        order: 'desc',
        limit: String(FILES_PER_PAGE),
        ...(after !== undefined && { after }),
      };
      return send(
        { method: 'GET', path: '/files', query, action: 'listing files', target: 'nothing' },
        options,
        { field: 'data', parse: parseFileList },
      );
    },
    listModels: (options) =>
      send({ method: 'GET', path: '/models', action: 'asking for the models', target: 'nothing' }, options, {
        field: 'data',
        parse: parseModels,
      }),
  };
}

function createCall({ filename, purpose, bytes, mimeType, fileLifetimeSeconds }: NewUpload): ApiRequest {
  const expiry =
    fileLifetimeSeconds === null
      ? {}
      : { expires_after: { anchor: 'created_at', seconds: fileLifetimeSeconds } };
  const json = { filename, purpose, bytes, mime_type: mimeType, ...expiry };
  return { method: 'POST', path: '/uploads', json, action: 'creating the upload', target: 'nothing' };
}

function partCall({ uploadId, number }: NewPart, part: PartBody): ApiRequest {
  return {
    method: 'POST',
    path: `${pathOf(uploadId)}/parts`,
    part,
    action: `sending part ${number}`,
    target: 'upload',
  };
}

function pathOf(uploadId: string): string {
  return `/uploads/${encodeURIComponent(uploadId)}`;
}
