import { rm } from 'node:fs/promises';
import type { Answer } from '../answer.ts';
import { type ApiError, apiError } from '../api-error.ts';
import type { UploadPartObject } from '../api-objects.ts';
import type { Exchange } from '../exchange.ts';
import { readBody } from '../read-body.ts';
import { savePart } from '../save-part.ts';
import type { ServerContext } from '../server-context.ts';
import type { ServerProfile, Surplus } from '../server-profile.ts';
import type { StoredPart } from '../store.ts';

export async function addPart(context: ServerContext, exchange: Exchange): Promise<Answer> {
  const { store, clock, profile } = context;
  const { id: uploadId, entry, request } = exchange;
  // Checked before the body is read: 64 MiB need not travel only to be refused.
  store.requirePending(uploadId);
  const length = request.headers['content-length'];
  if (Number(length ?? 0) > profile.maxBodyBytes) return TOO_LARGE;
  if (length === undefined && profile.isStrict) {
    throw apiError(411, 'A part must say its Content-Length.', { code: 'length_required' });
  }
  const { id, path } = store.newPartPath();
  const bytes = await savePart({
    headers: request.headers,
    body: readBody(context, exchange),
    path,
    profile,
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
    // The upload may have expired, or been cancelled or completed, while the bytes came in.
    const { object, parts } = store.requirePending(part.uploadId);
    refuseMore(object.bytes, [...parts.values(), part], profile);
    store.addPart(part);
  } catch (error) {
    await rm(part.path, { force: true });
    throw error;
  }
}

function refuseMore(declared: number, parts: readonly StoredPart[], profile: ServerProfile): void {
  const held = parts.reduce((sum, part) => sum + part.bytes, 0);
  if (profile.surplus?.at === 'part' && held > declared)
    throw surplusError(profile.surplus, { declared, held });
  if (held > profile.maxHeldBytes)
    throw apiError(413, `An upload has at most ${profile.maxHeldBytes} bytes.`);
  if (parts.length > profile.maxParts)
    throw apiError(413, `An upload has at most ${profile.maxParts} parts.`);
}

export function surplusError(
  { status, words }: Surplus,
  bytes: { readonly declared: number; readonly held: number },
): ApiError {
  const message = words.replace('{declared}', String(bytes.declared)).replace('{held}', String(bytes.held));
  return apiError(status, message);
}

/** Worded like the response of nginx. */
const TOO_LARGE: Answer = {
  kind: 'text',
  status: 413,
  headers: { 'content-type': 'text/html' },
  text: '<html><head><title>413 Request Entity Too Large</title></head><body><center><h1>413 Request Entity Too Large</h1></center></body></html>',
};
