import { createReadStream } from 'node:fs';
import { join } from 'node:path';
import OpenAI, { toFile } from 'openai';
import { expect } from 'vitest';
import { test } from '../helpers/fixtures.ts';
import { makeFile } from '../helpers/make-file.ts';

const BYTES = 3_000_000;
const PART_BYTES = 1_000_000;

test('a file pushed by the binary and one sent by the official SDK are the same on the server', async ({
  folder,
  server,
  cli,
}) => {
  const path = join(folder, 'a.bin');
  const md5 = await makeFile(path, BYTES);
  const ours = await cli.run(['push', 'a.bin', '--purpose', 'user_data', '--part-size', String(PART_BYTES)]);

  const client = new OpenAI({ apiKey: server.apiKey, baseURL: server.baseUrl });
  const upload = await client.uploads.create({
    filename: 'a.bin',
    purpose: 'user_data',
    bytes: BYTES,
    mime_type: 'application/octet-stream',
  });
  const starts = [0, 1, 2].map((part) => part * PART_BYTES);
  const parts = await Promise.all(
    starts.map(async (start) => {
      const data = await toFile(createReadStream(path, { start, end: start + PART_BYTES - 1 }), 'part');
      return await client.uploads.parts.create(upload.id, { data });
    }),
  );
  const done = await client.uploads.complete(upload.id, { part_ids: parts.map(({ id }) => id), md5 });

  expect(server.fileMd5(ours.stdout.trim())).toBe(md5);
  expect(server.fileMd5(done.file?.id ?? '')).toBe(md5);
  const [mine, theirs] = await Promise.all(
    [ours.stdout.trim(), done.file?.id ?? ''].map((id) => client.files.retrieve(id)),
  );
  expect({ ...mine, id: '', created_at: 0 }).toEqual({ ...theirs, id: '', created_at: 0 });
});
