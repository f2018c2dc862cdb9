import type { Answer } from '../answer.ts';
import { apiError } from '../api-error.ts';
import type { CreateUploadRequest } from '../api-objects.ts';
import type { Exchange } from '../exchange.ts';
import { readJson } from '../read-json.ts';
import { parseCreateUpload } from '../request-schemas.ts';
import type { ServerContext } from '../server-context.ts';

const namesOfJsonlPurposes = new Map([
  ['batch', 'Batch API'],
  ['fine-tune', 'Fine-tuning API'],
]);

export async function createUpload(context: ServerContext, exchange: Exchange): Promise<Answer> {
  const request = parseCreateUpload(await readJson(context, exchange), context.profile);
  checkExtension(request);
  const upload = context.store.addUpload(request);
  exchange.entry.uploadId = upload.id;
  return { kind: 'json', status: 200, json: upload };
}

function checkExtension({ filename, purpose }: CreateUploadRequest): void {
  const api = namesOfJsonlPurposes.get(purpose);
  if (api === undefined || filename.endsWith('.jsonl')) return;
  throw apiError(400, `Invalid file format for ${api}. Must be .jsonl`, { param: 'filename' });
}
