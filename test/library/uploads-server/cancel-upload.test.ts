import { readdir } from 'node:fs/promises';
import { expect, it } from 'vitest';
import { call, cancel, newPart, newUpload, postJson, startServer } from './client.ts';

it('cancelling answers the cancelled upload and drops its bytes', async () => {
  const server = await startServer();
  const id = await newUpload(server);
  await newPart(server, id, 'hello');
  const reply = await cancel(server, id);
  expect([reply.status, reply.json]).toMatchObject([200, { id, status: 'cancelled', file: null }]);
  expect(await readdir(server.storeDirectory)).toEqual([]);
  expect((await cancel(server, id)).json.error.message).toMatch(/already cancelled/);
});

it('cancelling takes no body', async () => {
  const server = await startServer();
  const id = await newUpload(server);
  expect((await postJson(server, `/uploads/${id}/cancel`, {})).status).toBe(400);
  expect((await call(server, 'POST', `/uploads/${id}/cancel`, { body: '' })).status).toBe(200);
});
