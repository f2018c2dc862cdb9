import { createHash } from 'node:crypto';
import { expect, it } from 'vitest';
import { call, create, newFile, newPart, newUpload, postJson, startServer } from './client.ts';

const noKey = { key: null };

it('shows the log, the uploads and the files without a key', async () => {
  const server = await startServer();
  const fileId = await newFile(server, 'hello');
  const log = await call(server, 'GET', '/_admin/log', noKey);
  expect(log.json).toEqual({ requests: server.requests(), mostPartsInFlight: 1, pendingFaults: [] });
  expect((await call(server, 'GET', '/_admin/uploads', noKey)).json).toEqual(server.uploads());
  const md5 = createHash('md5').update('hello').digest('hex');
  expect((await call(server, 'GET', '/_admin/files', noKey)).json).toEqual([{ ...server.files()[0], md5 }]);
  expect(server.fileMd5(fileId)).toBe(md5);
  expect(server.requests()).toHaveLength(3);
});

it('plans faults, one or several', async () => {
  const server = await startServer();
  const fault = { kind: 'status', call: 'create', nth: 1, status: 500 };
  expect((await postJson(server, '/_admin/faults', fault, noKey)).status).toBe(200);
  expect((await postJson(server, '/_admin/faults', [{ ...fault, nth: 2 }], noKey)).json).toEqual({
    added: 1,
  });
  expect([(await create(server)).status, (await create(server)).status]).toEqual([500, 500]);
  const nonsense = await postJson(server, '/_admin/faults', { ...fault, status: 'bad' }, noKey);
  expect([nonsense.status, nonsense.json.error]).toEqual([400, expect.stringMatching(/status/)]);
});

it('releases what is held, expires uploads and sets the clock', async () => {
  const server = await startServer({
    now: () => 1_900_000_000_000,
    faults: [{ kind: 'hold', label: 'a', call: 'part', nth: 1 }],
  });
  const id = await newUpload(server);
  const part = newPart(server, id, 'hello');
  await server.waitForHeld('a');
  await postJson(server, '/_admin/release', { label: 'a' }, noKey);
  await part;
  await postJson(server, '/_admin/expire', { id }, noKey);
  expect(server.upload(id)).toMatchObject({ status: 'expired', expires_at: 1_900_000_000 });
  await postJson(server, '/_admin/clock', { offsetMs: -5000 }, noKey);
  expect((await create(server)).json.created_at).toBe(1_899_999_995);
});

it.each([
  ['POST', '/_admin/release', '{}', 400],
  ['POST', '/_admin/expire', '{"id":"upload_unknown"}', 400],
  ['POST', '/_admin/clock', '{"offsetMs":"soon"}', 400],
  ['POST', '/_admin/faults', 'no json', 400],
  ['GET', '/_admin/nothing', null, 404],
] as const)('refuses %s %s with %s', async (method, path, body, status) => {
  expect((await call(await startServer(), method, path, { ...noKey, body })).status).toBe(status);
});
