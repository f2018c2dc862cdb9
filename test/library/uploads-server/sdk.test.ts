import { createHash, randomBytes } from 'node:crypto';
import { createReadStream } from 'node:fs';
import { writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import * as sdk6 from 'openai';
import * as sdk7 from 'openai-next';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { startUploadsServer } from '../../helpers/uploads-server/start-uploads-server.ts';
import type { UploadsServer } from '../../helpers/uploads-server/uploads-server.ts';
import { temporaryDirectory } from './client.ts';

const SDKS = [
  ['6.49', sdk6],
  ['7.59', sdk7 as unknown as typeof sdk6],
] as const;

describe.each(SDKS)('the official SDK %s against the uploads server', (_version, sdk) => {
  const { AuthenticationError, BadRequestError, NotFoundError, toFile } = sdk;
  let server: UploadsServer;
  let openai: InstanceType<typeof sdk.default>;

  beforeAll(async () => {
    server = await startUploadsServer();
    openai = new sdk.default({ baseURL: server.baseUrl, apiKey: server.apiKey, maxRetries: 0 });
  });
  afterAll(() => server.close());

  async function uploadText(text: string): Promise<void> {
    const { id } = await openai.uploads.create({ ...uploadOf(text.length), purpose: 'batch' });
    const part = await openai.uploads.parts.create(id, { data: await toFile(Buffer.from(text), 'part') });
    await openai.uploads.complete(id, { part_ids: [part.id] });
  }

  it('uploads in parallel parts, and downloads the same bytes', async () => {
    const content = randomBytes(3_000_000);
    const upload = await openai.uploads.create(uploadOf(content.length));
    expect(upload.status).toBe('pending');
    const slices = [0, 1_000_000, 2_000_000].map((start) => content.subarray(start, start + 1_000_000));
    const parts = await Promise.all(
      slices.map(async (slice) =>
        openai.uploads.parts.create(upload.id, { data: await toFile(slice, 'part') }),
      ),
    );
    const md5 = createHash('md5').update(content).digest('hex');
    const completed = await openai.uploads.complete(upload.id, { part_ids: parts.map(({ id }) => id), md5 });
    expect(completed).toMatchObject({ id: upload.id, status: 'completed', file: { bytes: content.length } });
    const fileId = completed.file?.id ?? '';
    expect(server.fileMd5(fileId)).toBe(md5);
    expect(await openai.files.retrieve(fileId)).toEqual(completed.file);
    const downloaded = Buffer.from(await (await openai.files.content(fileId)).arrayBuffer());
    expect(downloaded.equals(content)).toBe(true);
  });

  it('sends parts as its document shows it: a read stream, texts, and files without a name', async () => {
    const path = join(await temporaryDirectory(), 'part.jsonl');
    await writeFile(path, '{"n":1}\n');
    const sources = [
      createReadStream(path),
      new File(['{"n":2}\n'], '', { type: 'text/jsonl' }),
      new File(['{"n":3}\n'], ''),
      await toFile(Buffer.from('{"n":4}\n'), 'part.txt', { type: 'text/plain' }),
    ];
    const { id } = await openai.uploads.create(uploadOf(32));
    const ids: string[] = [];
    for (const data of sources) ids.push((await openai.uploads.parts.create(id, { data })).id);

    const { file } = await openai.uploads.complete(id, { part_ids: ids });
    const text = await (await openai.files.content(file?.id ?? '')).text();
    expect(text).toBe([1, 2, 3, 4].map((n) => `{"n":${n}}\n`).join(''));
  });

  it('cancels', async () => {
    const { id } = await openai.uploads.create(uploadOf(10));
    expect(await openai.uploads.cancel(id)).toMatchObject({ id, status: 'cancelled' });
    await expect(openai.uploads.cancel(id)).rejects.toThrow(/already cancelled/);
  });

  it('lists files over several pages', async () => {
    for (const text of ['{"n":1}', '{"n":2}', '{"n":3}']) await uploadText(text);
    const names = [];
    for await (const file of openai.files.list({ purpose: 'batch', order: 'asc', limit: 2 }))
      names.push(file.bytes);
    expect(names).toEqual([7, 7, 7]);
  });

  it('gets errors it can tell apart', async () => {
    const wrongKey = openai.withOptions({ apiKey: 'sk-wrong' });
    const unauthorized = await wrongKey.files.list().then(fail, identity);
    expect(unauthorized).toBeInstanceOf(AuthenticationError);
    expect(unauthorized).toMatchObject({ status: 401, code: 'invalid_api_key' });
    expect(unauthorized).toHaveProperty('requestID', server.requests('listFiles').at(-1)?.requestId);

    const refused = await openai.uploads
      .create({ ...uploadOf(1), filename: 'a.txt', purpose: 'batch' })
      .then(fail, identity);
    expect(refused).toBeInstanceOf(BadRequestError);
    expect(refused).toMatchObject({ param: 'filename', type: 'invalid_request_error' });

    const unknown = await openai.uploads.cancel('upload_unknown').then(fail, identity);
    expect(unknown).toBeInstanceOf(NotFoundError);
  });

  it('tries again after a planned fault', async () => {
    const nth = server.requests('create').length + 1;
    server.addFaults({
      kind: 'status',
      status: 503,
      call: 'create',
      nth,
      headers: { 'retry-after-ms': '1' },
    });
    const upload = await openai.withOptions({ maxRetries: 1 }).uploads.create(uploadOf(1));
    expect(server.upload(upload.id)?.status).toBe('pending');
    server.assertAllFaultsHappened();
  });
});

function uploadOf(bytes: number) {
  return { filename: 'a.jsonl', purpose: 'fine-tune' as const, bytes, mime_type: 'text/jsonl' };
}

function fail(): never {
  throw new Error('It should have failed.');
}

function identity(error: unknown): unknown {
  return error;
}
