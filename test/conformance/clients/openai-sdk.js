// `node openai-sdk.js FILE PURPOSE`: an upload with the official package for Node, as its documentation has it: create, a
// request for each part, complete. The package retries each of them twice by itself.
import { openAsBlob } from 'node:fs';
import { basename } from 'node:path';
import OpenAI from 'openai';

const PART_BYTES = 5_000_000;

const [path = '', purpose = ''] = process.argv.slice(2);
const client = new OpenAI();
const blob = await openAsBlob(path);
const upload = await client.uploads.create({
  filename: basename(path),
  purpose: /** @type {OpenAI.FilePurpose} */ (purpose),
  bytes: blob.size,
  mime_type: 'application/octet-stream',
});

/** @type {string[]} */
const ids = [];
for (let at = 0; at < blob.size; at += PART_BYTES) {
  const data = new File([blob.slice(at, at + PART_BYTES)], 'part');
  ids.push((await client.uploads.parts.create(upload.id, { data })).id);
}

const { file } = await client.uploads.complete(upload.id, { part_ids: ids });
console.log(file?.id);
