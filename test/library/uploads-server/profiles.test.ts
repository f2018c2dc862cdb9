import { describe, expect, it } from 'vitest';
import type { ProfileName } from '../../helpers/uploads-server/server-profile.ts';
import {
  call,
  cancel,
  complete,
  create,
  multipart,
  newPart,
  newUpload,
  sendPart,
  startServer,
} from './client.ts';

const start = (profile: ProfileName) => startServer({ profile });

describe('azure', () => {
  it('takes the key in its own header alone', async () => {
    const server = await start('azure');
    const authorization = `Bearer ${server.apiKey}`;

    expect((await create(server)).status).toBe(200);
    const refused = [
      await call(server, 'GET', '/files', { key: null, headers: { authorization } }),
      await call(server, 'GET', '/files', { headers: { authorization } }),
    ];
    expect(refused.map(({ status }) => status)).toEqual([401, 401]);
  });

  it('wants its api-version on every request', async () => {
    const server = await start('azure');
    const { baseUrl } = server;

    expect(new URL(baseUrl).search).toBe('?api-version=2024-10-21');
    const without = { ...server, baseUrl: baseUrl.replace(/\?.*/, '') };
    expect((await call(without, 'GET', '/files')).json).toEqual({
      error: { code: '404', message: 'Resource not found', target: null, details: [] },
    });
  });

  it('gives an upload two hours, and 9 GB', async () => {
    const server = await start('azure');

    const { json } = await create(server, { bytes: 9 * 1024 ** 3 });
    expect(json.expires_at - json.created_at).toBe(7200);
    expect((await create(server, { bytes: 9 * 1024 ** 3 + 1 })).json.error).toMatchObject({
      code: 'invalidPayload',
      target: 'bytes',
      innererror: { innererror: { code: 'invalid_value' } },
    });
  });

  it('names parts in base64', async () => {
    const server = await start('azure');

    const part = await newPart(server, await newUpload(server), 'hello');
    expect(part).toMatch(/^\+\/[\w+/]+==$/);
    expect(Buffer.from(part, 'base64').toString('base64')).toBe(part);
  });
});

describe('the clones', () => {
  it.each(['s3', 'counting'] as const)('%s completes with the file itself', async (profile) => {
    const server = await start(profile);
    const upload = await newUpload(server);
    const part = await newPart(server, upload, 'hello');

    expect((await complete(server, upload, { part_ids: [part] })).json).toEqual(server.files()[0]);
  });

  it('s3 lives a day and finds small parts out at the end', async () => {
    const server = await start('s3');
    const upload = await newUpload(server);
    const parts = [await newPart(server, upload, 'hel'), await newPart(server, upload, 'lo')];

    const { created_at = 0, expires_at } = server.upload(upload) ?? {};
    expect(expires_at).toBe(created_at + 86_400);
    const refused = await complete(server, upload, { part_ids: parts });
    expect([refused.status, refused.json.error.message]).toEqual([400, expect.stringContaining('minimum')]);
  });

  it('counting counts a part that was sent twice', async () => {
    const server = await start('counting');
    const upload = await newUpload(server);
    const sendThree = () => sendPart(server, upload, multipart('hel'));

    expect([(await sendThree()).status, (await sendThree()).status]).toEqual([200, 400]);
    expect(server.partsOf(upload)).toHaveLength(1);
  });

  it.each([
    ['counting-413', 413, 'parts exceed the declared size of 5 bytes'],
    ['counting-retained', 400, 'the Upload declares 5 bytes but accepting this part would retain 6'],
    ['counting-409', 409, 'the upload already holds all 5 declared bytes'],
  ] as const)('%s refuses what is too much with %i', async (profile, status, message) => {
    const server = await start(profile);
    const upload = await newUpload(server);
    const sendThree = () => sendPart(server, upload, multipart('hel'));

    await sendThree();
    expect(await sendThree()).toMatchObject({ status, json: { error: { message } } });
  });

  it('counting-complete refuses what is too much at the end', async () => {
    const server = await start('counting-complete');
    const upload = await newUpload(server);
    const parts = [await newPart(server, upload, 'hello'), await newPart(server, upload, 'hello')];

    expect(await complete(server, upload, { part_ids: parts.slice(1) })).toMatchObject({
      status: 400,
      json: { error: { message: 'Bytes uploaded (10) does not match expected bytes (5)' } },
    });
  });

  it('no-times says no times and no sizes, past-times those of the document', async () => {
    const none = (await create(await start('no-times'))).json;
    expect(Object.keys(none)).not.toContain('created_at');
    expect([none.expires_at, none.bytes]).toEqual([undefined, null]);
    expect((await create(await start('past-times'))).json).toMatchObject({
      created_at: 1_719_184_911,
      expires_at: 1_719_127_296,
    });
  });

  it('gateway has a clock behind its Date', async () => {
    const { json, headers } = await create(await start('gateway'));
    const aheadMs = Date.parse(String(headers.date)) - json.created_at * 1000;
    expect(aheadMs).toBeGreaterThanOrEqual(7_199_000);
  });

  it('small-bodies refuses what is over a MiB before it has read it', async () => {
    const server = await start('small-bodies');
    const upload = await newUpload(server, 3_000_000);
    const reply = await sendPart(server, upload, multipart(Buffer.alloc(1024 ** 2)));
    expect([reply.status, reply.text]).toEqual([413, expect.stringContaining('<html>')]);
    expect((await sendPart(server, upload, multipart(Buffer.alloc(1_000_000)))).status).toBe(200);
  });

  it('few-parts takes sixteen', async () => {
    const server = await start('few-parts');
    const upload = await newUpload(server, 17);
    for (let part = 1; part <= 16; part += 1) await newPart(server, upload, 'x');
    expect((await sendPart(server, upload, multipart('x'))).status).toBe(413);
  });

  it('counting drops a part without a filename', async () => {
    const server = await start('counting');
    const body = multipart('hello', { disposition: 'name="data"; filename=""' });

    const reply = await sendPart(server, await newUpload(server), body);
    expect([reply.status, reply.json.error.code]).toEqual([400, 'invalid_multipart']);
  });

  it('counting lists the oldest file first, whatever it is asked', async () => {
    const server = await start('counting');
    for (const name of ['a', 'b']) {
      const { json } = await create(server, { filename: `${name}.txt` });
      const part = await newPart(server, json.id, 'hello');
      await complete(server, json.id, { part_ids: [part] });
    }

    const { json } = await call(server, 'GET', '/files?order=desc');
    expect(json.data.map(({ filename }: { filename: string }) => filename)).toEqual(['a.txt', 'b.txt']);
  });

  it('ordered wants parts listed as they came, and no MD5', async () => {
    const server = await start('ordered');
    const upload = await newUpload(server);
    const [lo, hel] = [await newPart(server, upload, 'lo'), await newPart(server, upload, 'hel')];

    const wrong = await complete(server, upload, { part_ids: [hel, lo] });
    expect([wrong.status, wrong.json.error.message]).toEqual([400, expect.stringContaining('order')]);
    const md5 = await complete(server, upload, { part_ids: [lo, hel], md5: 'a'.repeat(32) });
    expect([md5.status, md5.json.error.param]).toEqual([400, 'md5']);
    expect((await complete(server, upload, { part_ids: [lo, hel] })).status).toBe(200);
  });

  it('busy answers 503 above four parts at once', async () => {
    const server = await start('busy');
    const upload = await newUpload(server);
    server.addFaults({ call: 'part', nth: 1, times: 4, kind: 'hold', label: 'on' });
    const held = Array.from({ length: 4 }, () => sendPart(server, upload, multipart('h')));
    await server.waitFor((requests) => requests.filter(({ partId }) => partId !== null).length === 4);

    const fifth = await sendPart(server, upload, multipart('h'));
    expect([fifth.status, fifth.headers['retry-after']]).toEqual([503, '1']);
    server.release('on');
    expect((await Promise.all(held)).map(({ status }) => status)).toEqual([200, 200, 200, 200]);
  });

  it.each([
    ['openai', 400],
    ['azure', 400],
    ['s3', 409],
    ['counting', 410],
    ['ordered', 404],
    ['busy', 400],
  ] as const)('%s answers for a closed upload with %i', async (profile, status) => {
    const server = await start(profile);
    const upload = await newUpload(server);
    await cancel(server, upload);

    expect((await sendPart(server, upload, multipart('hello'))).status).toBe(status);
  });
});

it('openai is what there is without a profile', async () => {
  expect((await start('openai')).profile).toEqual((await startServer()).profile);
});
