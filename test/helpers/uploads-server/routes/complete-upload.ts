import type { Answer } from '../answer.ts';
import { apiError } from '../api-error.ts';
import type { CompleteUploadRequest, FileObject } from '../api-objects.ts';
import type { Exchange } from '../exchange.ts';
import { md5OfParts } from '../md5-of-parts.ts';
import { newId } from '../new-id.ts';
import { readJson } from '../read-json.ts';
import { parseCompleteUpload } from '../request-schemas.ts';
import type { ServerContext } from '../server-context.ts';
import type { ServerProfile } from '../server-profile.ts';
import type { StoredFile, StoredPart, StoredUpload } from '../store.ts';
import { surplusError } from './add-part.ts';

export async function completeUpload(context: ServerContext, exchange: Exchange): Promise<Answer> {
  const { store } = context;
  store.requirePending(exchange.id);
  const request = parseCompleteUpload(await readJson(context, exchange), context.profile);
  return store.inTurn(exchange.id, async () => {
    const upload = store.requirePending(exchange.id);
    refuseSurplus(upload, context.profile);
    const parts = partsInOrder(upload, request, context.profile);
    const md5 = await md5OfParts(parts, context.closing);
    if (request.md5 !== undefined && request.md5 !== md5) {
      throw apiError(400, `The file's MD5 is ${md5}, not ${request.md5}.`, {
        param: 'md5',
        code: 'invalid_value',
      });
    }
    const file: StoredFile = { object: fileOf(upload, context.clock.nowSeconds()), md5, parts };
    const completed = store.addFile(exchange.id, file);
    const isFile = context.profile.completesWith === 'file';
    return { kind: 'json', status: 200, json: isFile ? file.object : completed };
  });
}

function refuseSurplus({ object, parts }: StoredUpload, { surplus }: ServerProfile): void {
  const held = [...parts.values()].reduce((sum, { bytes }) => sum + bytes, 0);
  if (surplus?.at === 'complete' && held !== object.bytes)
    throw surplusError(surplus, { declared: object.bytes, held });
}

function partsInOrder(
  { object, parts }: StoredUpload,
  request: CompleteUploadRequest,
  profile: ServerProfile,
): readonly StoredPart[] {
  const listed = new Map<string, StoredPart>();
  for (const id of request.part_ids) {
    const part = parts.get(id);
    if (!part) throw wrongParts(`The upload has no part '${id}'.`);
    if (listed.has(id)) throw wrongParts(`The part '${id}' is listed twice.`);
    listed.set(id, part);
  }
  const inOrder = [...listed.values()];
  checkHabits(inOrder, [...parts.values()], profile);
  const bytes = inOrder.reduce((sum, part) => sum + part.bytes, 0);
  if (bytes === object.bytes) return inOrder;
  throw wrongParts(`The listed parts have ${bytes} bytes; the upload was created for ${object.bytes}.`);
}

/** `arrived` has all parts of the upload, in the order in which they arrived. */
function checkHabits(
  listed: readonly StoredPart[],
  arrived: readonly StoredPart[],
  { wantsPartsInOrder, minPartBytes }: ServerProfile,
): void {
  const places = listed.map((part) => arrived.indexOf(part));
  if (wantsPartsInOrder && places.some((place, index) => place < (places[index - 1] ?? 0)))
    throw wrongParts('The parts must be listed in the order in which they were uploaded.');
  const small = listed.slice(0, -1).find(({ bytes }) => bytes < minPartBytes);
  if (small)
    throw wrongParts(
      `The part '${small.id}' is smaller than the minimum allowed size, ${minPartBytes} bytes.`,
    );
}

function wrongParts(message: string) {
  return apiError(400, message, { param: 'part_ids', code: 'invalid_value' });
}

function fileOf({ object, fileLifetimeSeconds }: StoredUpload, createdAt: number): FileObject {
  return {
    id: newId('file'),
    object: 'file',
    bytes: object.bytes,
    created_at: createdAt,
    ...(fileLifetimeSeconds === null ? {} : { expires_at: createdAt + fileLifetimeSeconds }),
    filename: object.filename,
    purpose: object.purpose,
    status: 'processed',
  };
}
