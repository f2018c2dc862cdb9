// `node openai-push.js FILE PART_BYTES CONCURRENCY buffer|blob openai|openai-next`: an upload with the official package, as its documentation
// has it. Plain JavaScript, so that no compiler is in its time and memory.
import { openAsBlob } from 'node:fs';
import { open } from 'node:fs/promises';

const [path = '', partBytesText, concurrencyText, how, sdk] = process.argv.slice(2);
const { default: OpenAI, toFile } = await (sdk === 'openai-next' ? import('openai-next') : import('openai'));
const partBytes = Number(partBytesText);
const client = new OpenAI();
const file = await open(path);
const { size: bytes } = await file.stat();
const blob = await openAsBlob(path);
const upload = await client.uploads.create({
  filename: 'bench',
  purpose: 'vision',
  bytes,
  mime_type: 'application/octet-stream',
});

/** @param {number} offset */
async function partAt(offset) {
  const end = Math.min(bytes, offset + partBytes);
  if (how === 'blob') return toFileOf(blob.slice(offset, end));
  const buffer = Buffer.allocUnsafe(end - offset);
  await file.read(buffer, 0, buffer.length, offset);
  return toFile(buffer, 'part');
}

/** A `File` around a blob reads nothing yet; `toFile` would read all of it. @param {Blob} part */
function toFileOf(part) {
  return new File([part], 'part');
}

const offsets = Array.from({ length: Math.ceil(bytes / partBytes) }, (_, index) => index * partBytes);
/** @type {string[]} */
const ids = [];
let next = 0;
async function sendParts() {
  for (let index = next++; index < offsets.length; index = next++) {
    const part = await client.uploads.parts.create(upload.id, { data: await partAt(offsets[index] ?? 0) });
    ids[index] = part.id;
  }
}
await Promise.all(Array.from({ length: Number(concurrencyText) }, sendParts));
await client.uploads.complete(upload.id, { part_ids: ids });
await file.close();
