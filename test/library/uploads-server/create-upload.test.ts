import { describe, expect, it } from 'vitest';
import { create, postJson, startServer } from './client.ts';

const gib = 1024 ** 3;

describe('creating an upload', () => {
  it('answers a pending upload that expires after the lifetime', async () => {
    const server = await startServer({ now: () => 1_900_000_000_500, uploadLifetimeSeconds: 7200 });
    const reply = await create(server, { expires_after: { anchor: 'created_at', seconds: 3600 } });
    expect(reply.status).toBe(200);
    expect(reply.json).toEqual({
      id: expect.stringMatching(/^upload_[0-9a-f]{24}$/),
      object: 'upload',
      bytes: 5,
      created_at: 1_900_000_000,
      expires_at: 1_900_007_200,
      filename: 'a.txt',
      purpose: 'user_data',
      status: 'pending',
      file: null,
    });
    expect(server.upload(reply.json.id)).toEqual(reply.json);
    expect(server.uploads()).toEqual([reply.json]);
  });

  it.each(['assistants', 'vision', 'user_data', 'evals'])('takes the purpose %s', async (purpose) => {
    expect((await create(await startServer(), { purpose })).status).toBe(200);
  });

  it.each([
    ['filename', { filename: '' }, 'invalid_value'],
    ['filename', { filename: 1 }, 'invalid_type'],
    ['filename', { filename: undefined }, 'missing_required_parameter'],
    ['purpose', { purpose: 'fun' }, 'invalid_value'],
    ['bytes', { bytes: 0 }, 'invalid_value'],
    ['bytes', { bytes: 1.5 }, 'invalid_type'],
    ['bytes', { bytes: '5' }, 'invalid_type'],
    ['bytes', { bytes: 8 * gib + 1 }, 'invalid_value'],
    ['mime_type', { mime_type: '' }, 'invalid_value'],
    ['mime_type', { mime_type: undefined }, 'missing_required_parameter'],
    ['parts', { parts: 3 }, 'unknown_parameter'],
    ['expires_after', { expires_after: 3600 }, 'invalid_type'],
    ['expires_after.anchor', { expires_after: { anchor: 'now', seconds: 3600 } }, 'invalid_value'],
    ['expires_after.seconds', { expires_after: { anchor: 'created_at', seconds: 3599 } }, 'invalid_value'],
    [
      'expires_after.seconds',
      { expires_after: { anchor: 'created_at', seconds: 2_592_001 } },
      'invalid_value',
    ],
    ['expires_after.seconds', { expires_after: { anchor: 'created_at' } }, 'missing_required_parameter'],
    [
      'expires_after.days',
      { expires_after: { anchor: 'created_at', seconds: 3600, days: 1 } },
      'unknown_parameter',
    ],
  ])('refuses a wrong %s: %j', async (param, changes, code) => {
    const server = await startServer();
    const reply = await create(server, changes);
    expect(reply.status).toBe(400);
    expect(reply.json.error).toMatchObject({ param, code, type: 'invalid_request_error' });
    expect(server.uploads()).toEqual([]);
  });

  it('takes 8 GiB and not a list', async () => {
    const server = await startServer();
    expect((await create(server, { bytes: 8 * gib })).status).toBe(200);
    expect((await postJson(server, '/uploads', [])).json.error.code).toBe('invalid_type');
  });

  it('wants .jsonl for batch and fine-tune', async () => {
    const server = await startServer();
    const batch = await create(server, { purpose: 'batch' });
    expect([batch.status, batch.json.error.message]).toEqual([
      400,
      'Invalid file format for Batch API. Must be .jsonl',
    ]);
    expect((await create(server, { purpose: 'fine-tune' })).status).toBe(400);
    for (const purpose of ['batch', 'fine-tune']) {
      expect((await create(server, { purpose, filename: 'a.jsonl' })).status).toBe(200);
    }
  });
});
