import { rm } from 'node:fs/promises';
import type { Answer } from '../answer.ts';
import { apiError } from '../api-error.ts';
import type { UploadPartObject } from '../api-objects.ts';
import type { Exchange } from '../exchange.ts';
import { readBody } from '../read-body.ts';
import { savePart } from '../save-part.ts';
import type { ServerContext } from '../server-context.ts';
import type { StoredPart } from '../store.ts';

export async function addPart(context: ServerContext, exchange: Exchange): Promise<Answer> {
  const { store, clock } = context;
  const { id: uploadId, entry, request } = exchange;
  // Before the body is read: 64 MiB need not travel to be refused.
  store.requirePending(uploadId);
  if (request.headers['content-length'] === undefined) {
    throw apiError(411, 'A part must say its Content-Length.', { code: 'length_required' });
  }
  const { id, path } = store.newPartPath();
  const bytes = await savePart({
    headers: request.headers,
    body: readBody(context, exchange),
    path,
    dropsNamelessParts: context.profile.dropsNamelessParts,
  });
  const part: StoredPart = { id, uploadId, bytes, createdAt: clock.nowSeconds(), path };
  await register(context, part);
  Object.assign(entry, { partId: id, partNumberOfBytes: bytes });
  context.log.changed();
  const answer: UploadPartObject = {
    id,
    object: 'upload.part',
    created_at: part.createdAt,
    upload_id: uploadId,
  };
  return { kind: 'json', status: 200, json: answer };
}

async function register({ store, profile }: ServerContext, part: StoredPart): Promise<void> {
  try {
    // The upload may have been cancelled, completed or have expired while the bytes came in.
    const { object, parts } = store.requirePending(part.uploadId);
    if (profile.countsEveryPart) refuseSurplus(object.bytes, [...parts.values(), part]);
    store.addPart(part);
  } catch (error) {
    await rm(part.path, { force: true });
    throw error;
  }
}

function refuseSurplus(wanted: number, parts: readonly StoredPart[]): void {
  const bytes = parts.reduce((sum, part) => sum + part.bytes, 0);
  if (bytes <= wanted) return;
  throw apiError(400, `The parts exceed the size of the upload: ${bytes} bytes, declared were ${wanted}.`, {
    param: 'data',
    code: 'invalid_value',
  });
}
