import { once as happened } from 'node:events';
import { createServer } from 'node:http';
import type { AddressInfo } from 'node:net';
import { describe, expect, it, onTestFinished } from 'vitest';
import { isConnectionCut } from '../../../src/api/network-errors.ts';
import { isUploadError } from '../../../src/model/errors.ts';
import { exchangeLines, requestLine } from '../../../src/ui/notice-lines.ts';
import { listen } from '../../helpers/listen.ts';
import { connect, connectToServer, newUpload, once, part } from './wire.ts';

describe('every request', () => {
  it('carries the query of the base URL, beside its own', async () => {
    const first = await connectToServer({ basePath: '/openai' });
    const { api } = connect({ baseUrl: `${first.server.baseUrl}?api-version=2024-10-21` });
    const { id } = await api.createUpload({ ...newUpload, bytes: 3 }, once);
    const partIds = [await api.addPart(part(id, 'abc'), once)];
    await api.completeUpload({ id, partIds, md5: null }, once);
    await api.listFiles({ purpose: 'user_data' }, once);
    expect(first.server.requests().map(({ path }) => path)).toEqual([
      '/openai/uploads?api-version=2024-10-21',
      `/openai/uploads/${id}/parts?api-version=2024-10-21`,
      `/openai/uploads/${id}/complete?api-version=2024-10-21`,
      '/openai/files?api-version=2024-10-21&purpose=user_data&order=desc&limit=100',
    ]);
  });

  it('is told with its query, without the secrets in it', async () => {
    const query = '?api-version=2024-10-21&subscription-key=abc&x=sk-test-key';
    const { server } = await connectToServer();
    const { api, events } = connect({ baseUrl: `${server.baseUrl}${query}` });
    await api.createUpload(newUpload, once);
    expect(events).toMatchObject([
      {
        path: '/v1/uploads',
        query: '?api-version=2024-10-21&subscription-key=[secret]&x=[secret]',
      },
    ]);
    expect(requestLine(events[0]!)).toMatch(/^POST \/v1\/uploads\?api-version=2024-10-21&/);
    expect(exchangeLines(events[0]!)).toContainEqual(
      expect.stringMatching(/^> POST \/v1\/uploads\?api-version=2024-10-21&/),
    );
  });

  it('carries the key in Azure’s header, when asked to, and then not as a bearer', async () => {
    const { api, server } = await connectToServer({ keyHeader: 'api-key' }, { auth: 'api-key' });
    await api.createUpload(newUpload, once);
    expect(server.requests()[0]).toMatchObject({ status: 200, keyMatched: true });
    expect(server.requests()[0]?.headers).not.toHaveProperty('authorization');
  });

  it('names us, the organization, the project and itself, and what the user adds', async () => {
    const { api, server } = await connectToServer(
      {},
      { organization: 'org-1', project: 'proj-1', headers: { 'x-team': 'blue' } },
    );
    await api.createUpload(newUpload, once);
    await api.createUpload(newUpload, once);
    const [first, second] = server.requests().map(({ headers }) => headers);
    expect(first).toMatchObject({
      'openai-organization': 'org-1',
      'openai-project': 'proj-1',
      'x-team': 'blue',
      'user-agent': 'openai-upload/test',
      accept: 'application/json',
    });
    expect(first?.['x-client-request-id']).toMatch(/^[0-9a-f-]{36}$/);
    expect(second?.['x-client-request-id']).not.toBe(first?.['x-client-request-id']);
  });

  it('names no organization and no project when there is none', async () => {
    const { api, server } = await connectToServer();
    await api.createUpload(newUpload, once);
    expect(Object.keys(server.requests()[0]!.headers).filter((name) => name.startsWith('openai-'))).toEqual(
      [],
    );
  });

  it('lets the user’s header take the place of ours, however it is written', async () => {
    const { api, server } = await connectToServer(
      {},
      { organization: 'ours', headers: { 'OpenAI-Organization': 'theirs' } },
    );
    await api.createUpload(newUpload, once);
    expect(server.requests()[0]?.headers['openai-organization']).toBe('theirs');
  });

  it('is reported, with what came of it', async () => {
    const { api, server, events, dates } = await connectToServer({ now: () => Date.UTC(2030, 0, 1) });
    await api.createUpload(newUpload, { ...once, attempt: 3 });
    const requestId = server.requests()[0]?.requestId;
    expect(events).toMatchObject([
      { method: 'POST', path: '/v1/uploads', status: 200, requestId, attempt: 3 },
    ]);
    expect(events[0]?.durationMs).toBeGreaterThanOrEqual(0);
    expect(dates).toEqual([Date.UTC(2030, 0, 1)]);
  });

  it('is reported too when no response comes', async () => {
    const { api, events } = await connectToServer({
      faults: [{ kind: 'reset', when: 'start', call: 'create', nth: 1 }],
    });
    await expect(api.createUpload(newUpload, once)).rejects.toMatchObject({ code: 'network' });
    expect(events).toMatchObject([{ status: null, requestId: null }]);
  });

  it('ends at once with the reason of its signal', async () => {
    const { api, server } = await connectToServer({
      faults: [{ kind: 'hang', when: 'answer', call: 'create', nth: 1 }],
    });
    const stop = new AbortController();
    const creating = api.createUpload(newUpload, { signal: stop.signal, attempt: 1 });
    const ending = expect(creating).rejects.toBe('SIGINT');
    await server.waitFor(([request]) => request?.fault === 'hang');
    stop.abort('SIGINT');
    await ending;
  });

  it('ends with the reason of its signal also when that is an error', async () => {
    const { api } = await connectToServer();
    const reason = new Error('enough');
    const creating = api.createUpload(newUpload, { signal: AbortSignal.abort(reason), attempt: 1 });
    await expect(creating).rejects.toBe(reason);
  });

  it('with a header that HTTP cannot carry is a wrong setting, and not tried again', async () => {
    const { api } = await connectToServer({}, { organization: 'org\n1' });
    await expect(api.createUpload(newUpload, once)).rejects.toMatchObject({ isRetryable: false });
  });
});

describe('an answer', () => {
  it('that lacks the id is none of the Uploads API', async () => {
    const { api } = await connectToServer({
      faults: [{ kind: 'garble', call: 'create', nth: 1, body: '{"created_at":1}' }],
    });
    await expect(api.createUpload(newUpload, once)).rejects.toMatchObject({
      code: 'request_refused',
      isRetryable: false,
      message: 'creating the upload failed: the response has no usable field "id"',
    });
  });

  it.each([
    ['is cut off', {}, 'the response is not JSON'],
    ['is a page', { body: '<html>' }, 'the response is not JSON'],
    ['is empty', { body: '' }, 'the response is not JSON'],
    [
      'is nested too deeply',
      { body: `{"id":"a","deep":${'['.repeat(100_000)}${']'.repeat(100_000)}}` },
      'the response is nested too deeply',
    ],
    ['is over 1 MiB', { body: `{"id":"${'x'.repeat(1024 * 1024)}"}` }, 'the response is too long'],
  ])('that %s is trouble of the server’s', async (_, garble, why) => {
    const { api } = await connectToServer({
      faults: [{ kind: 'garble', call: 'create', nth: 1, ...garble }],
    });
    await expect(api.createUpload(newUpload, once)).rejects.toMatchObject({
      code: 'server_error',
      isRetryable: true,
      message: `creating the upload failed: ${why}`,
    });
  });

  it('may begin with a byte-order mark', async () => {
    const { api } = await connectToServer({
      faults: [{ kind: 'garble', call: 'create', nth: 1, body: '\ufeff{"id":"upload_1"}' }],
    });
    expect(await api.createUpload(newUpload, once)).toMatchObject({ id: 'upload_1' });
  });

  it('that breaks off is trouble of the network’s', async () => {
    const { api } = await connectToServer({
      faults: [{ kind: 'garble', call: 'create', nth: 1, truncate: true }],
    });
    await expect(api.createUpload(newUpload, once)).rejects.toMatchObject({
      code: 'network',
      isRetryable: true,
    });
  });

  it('that sends us elsewhere is not followed', async () => {
    const elsewhere = await connectToServer();
    const { api } = await connectToServer({
      faults: [
        {
          kind: 'status',
          status: 307,
          headers: { location: `${elsewhere.server.baseUrl}/uploads` },
          call: 'create',
          nth: 1,
        },
      ],
    });
    await expect(api.createUpload(newUpload, once)).rejects.toMatchObject({ code: 'request_refused' });
    expect(elsewhere.server.requests()).toEqual([]);
  });

  it('that refuses the key says so, and repeats it nowhere', async () => {
    const { api } = await connectToServer({}, { apiKey: 'sk-wrong' });
    const refusal = await api.createUpload(newUpload, once).catch((error: unknown) => error);
    expect(refusal).toMatchObject({ code: 'authentication', facts: { httpStatus: 401 } });
    expect(JSON.stringify(refusal) + String(refusal)).not.toContain('sk-wrong');
  });

  it.each([
    'HTTP/1.1 100 Continue\r\n\r\n',
    'HTTP/1.1 101 Switching Protocols\r\nConnection: upgrade\r\nUpgrade: other\r\n\r\n',
  ])('that sends an interim response unasked is no cut connection (%#)', async (interim) => {
    const { host } = await listen((socket) => socket.once('data', () => socket.write(interim)));
    const { api } = connect({ baseUrl: `http://${host}/v1` });
    const refusal = await api.createUpload(newUpload, once).catch((error: unknown) => error);
    expect(refusal).toMatchObject({
      code: 'network',
      isRetryable: true,
      message: expect.stringContaining(`${host}: it sent an interim response that was not asked for`),
    });
    expect(isUploadError(refusal) && isConnectionCut(refusal)).toBe(false);
  });

  it.each([
    ['as it is', (key: string) => key],
    ['with \\/', (key: string) => key.replaceAll('/', '\\/')],
    ['with \\u002B', (key: string) => key.replaceAll('+', '\\u002B')],
  ])('that repeats the key %s is shown without it', async (_, written) => {
    const apiKey = 'sk-a/b+c/d+efgh';
    const server = createServer((_request, response) => {
      response.setHeader('x-request-id', apiKey);
      response.writeHead(response.req.url === '/v1/uploads' ? 400 : 200);
      response.end(
        `{"id":"file-1","error":{"message":"No: ${written(apiKey)}"},"echo":"${written(apiKey)}"}`,
      );
    });
    server.listen(0, '127.0.0.1');
    await happened(server, 'listening');
    onTestFinished(() => void server.close());
    const baseUrl = `http://127.0.0.1:${(server.address() as AddressInfo).port}/v1`;
    const { api, events } = connect({ baseUrl, apiKey });
    const refusal = await api.createUpload(newUpload, once).catch((error: unknown) => error);
    const file = await api.getFile('file-1', once);
    expect(String(refusal)).toContain('No: [secret]');
    expect(file.echo).toBe('[secret]');
    expect(JSON.stringify([refusal, file, events])).not.toContain(apiKey);
  });
});
