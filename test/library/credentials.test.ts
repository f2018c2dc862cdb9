import { once } from 'node:events';
import { writeFile } from 'node:fs/promises';
import { createServer, type IncomingMessage } from 'node:http';
import type { AddressInfo } from 'node:net';
import { join } from 'node:path';
import { json } from 'node:stream/consumers';
import { describe, expect, it, onTestFinished } from 'vitest';
import { push, type UploadEvent } from '../../src/index.ts';
import { setUp } from './library.ts';

interface Asked {
  readonly path: string;
  readonly authorization: string | undefined;
  readonly body: unknown;
}

/** A server that answers each request with the next of these, and the last again and again. */
async function tokenServer(...responses: readonly (readonly [status: number, body: unknown])[]) {
  const asked: Asked[] = [];
  const bodyOf = async (request: IncomingMessage) => (request.method === 'POST' ? await json(request) : null);
  const server = createServer(async (request, response) => {
    const body = await bodyOf(request);
    asked.push({ path: request.url ?? '', authorization: request.headers.authorization, body });
    const [status, answer] = responses[Math.min(asked.length, responses.length) - 1] ?? [500, {}];
    response.writeHead(status, { 'content-type': 'application/json' }).end(JSON.stringify(answer));
  });
  server.listen(0, '127.0.0.1');
  await once(server, 'listening');
  onTestFinished(() => {
    server.closeAllConnections();
    server.close();
  });
  return { asked, origin: `http://127.0.0.1:${(server.address() as AddressInfo).port}` };
}

/** A push whose key comes from somewhere else than `apiKey`. */
async function setUpKeys(apiKey: string, concurrency = 8) {
  const all = await setUp({ apiKey });
  const { apiKey: _, ...pushOptions } = all.pushOptions;
  return { ...all, pushOptions: { ...pushOptions, partBytes: 250, concurrency } };
}

const retriesIn = (events: readonly UploadEvent[]) => events.filter(({ type }) => type === 'retry');

describe('a key that changes while the parts are on their way', () => {
  it('is read again from its file, once for all parts that met the refusal', async () => {
    const { server, path, pushOptions, folder, events } = await setUpKeys('sk-first-12345');
    const file = join(folder, 'key');
    await writeFile(file, 'sk-first-12345\n');
    server.addFaults({ call: 'part', nth: 3, kind: 'hold', label: 'third' });
    const pushing = push(path, { ...pushOptions, concurrency: 2, keySource: { type: 'file', path: file } });

    await server.waitForHeld('third');
    await writeFile(file, 'sk-second-12345\n');
    server.setApiKey('sk-second-12345');
    server.release('third');
    const { fileId, retries } = await pushing;

    const parts = server.requests('part');
    const refused = parts.filter(({ keyMatched }) => !keyMatched);
    expect(server.files().map(({ id }) => id)).toEqual([fileId]);
    expect(refused.length).toBeGreaterThan(0);
    expect(parts.length - refused.length).toBe(10);
    expect([retries, retriesIn(events)]).toEqual([0, []]);
  });

  it('comes from a function, which is called again once for eight parts', async () => {
    const { server, path, pushOptions } = await setUpKeys('sk-first-12345');
    let calls = 0;
    const apiKey = async () => {
      calls += 1;
      return calls === 1 ? 'sk-first-12345' : 'sk-second-12345';
    };
    const { retries } = await push(path, {
      ...pushOptions,
      apiKey,
      onEvent: ({ type }) => type === 'started' && server.setApiKey('sk-second-12345'),
    });

    const refused = server.requests('part').filter(({ keyMatched }) => !keyMatched);
    expect(refused.length).toBeGreaterThan(1);
    expect([calls, retries]).toEqual([2, 0]);
  });

  it('ends the push with the words of the server when the new one is no better', async () => {
    const { server, path, pushOptions } = await setUpKeys('sk-first-12345');
    let calls = 0;
    const apiKey = async () => {
      calls += 1;
      return `sk-wrong-${calls}2345`;
    };

    await expect(push(path, { ...pushOptions, apiKey })).rejects.toMatchObject({
      code: 'authentication',
      hint: expect.stringContaining(`The key was sent to ${new URL(pushOptions.baseUrl ?? '').host}.`),
      facts: { httpStatus: 401 },
    });
    expect([calls, server.requests().length]).toEqual([2, 2]);
  });
});

describe('a workload identity', () => {
  const TOKEN = { access_token: 'tok-first-12345', expires_in: 3600 };

  it('trades the token in a file for one of the API, again after a refusal', async () => {
    const { server, path, pushOptions, folder } = await setUpKeys('tok-first-12345', 1);
    const auth = await tokenServer([200, TOKEN], [200, { access_token: 'tok-second-12345' }]);
    const tokenFile = join(folder, 'subject');
    await writeFile(tokenFile, 'eyJsubject-1\n');
    server.addFaults({ call: 'part', nth: 2, kind: 'hold', label: 'second' });
    const identity = { type: 'identity', providerId: 'idp_1', serviceAccountId: 'sa_1', tokenFile } as const;
    const keySource = { ...identity, authUrl: `${auth.origin}/oauth/token` };
    const pushing = push(path, { ...pushOptions, keySource });

    await server.waitForHeld('second');
    await writeFile(tokenFile, 'eyJsubject-2\n');
    server.setApiKey('tok-second-12345');
    server.release('second');
    await pushing;

    expect(auth.asked.map(({ path: asked, authorization }) => [asked, authorization])).toEqual([
      ['/oauth/token', undefined],
      ['/oauth/token', undefined],
    ]);
    expect(auth.asked.map(({ body }) => body)).toEqual(
      ['eyJsubject-1', 'eyJsubject-2'].map((subject_token) => ({
        grant_type: 'urn:ietf:params:oauth:grant-type:token-exchange',
        subject_token,
        subject_token_type: 'urn:ietf:params:oauth:token-type:jwt',
        identity_provider_id: 'idp_1',
        service_account_id: 'sa_1',
      })),
    );
    expect(server.requests('part').filter(({ keyMatched }) => !keyMatched)).toHaveLength(1);
  });

  it('gets its subject token from the runner of GitHub Actions', async () => {
    const { path, pushOptions } = await setUpKeys('tok-first-12345');
    const runner = await tokenServer([200, { value: 'eyJfrom-runner' }]);
    const auth = await tokenServer([200, TOKEN]);
    await push(path, {
      ...pushOptions,
      keySource: {
        type: 'identity',
        providerId: 'idp_1',
        serviceAccountId: 'sa_1',
        runnerUrl: `${runner.origin}/token?api-version=2.0`,
        runnerToken: 'runner-12345678',
        authUrl: auth.origin,
      },
    });

    expect(runner.asked).toEqual([
      {
        path: '/token?api-version=2.0&audience=https%3A%2F%2Fapi.openai.com%2Fv1',
        authorization: 'Bearer runner-12345678',
        body: null,
      },
    ]);
    expect(auth.asked).toMatchObject([{ body: { subject_token: 'eyJfrom-runner' } }]);
  });

  it('waits for a token endpoint in trouble as for the API', async () => {
    const { path, pushOptions, folder, events } = await setUpKeys('tok-first-12345');
    const auth = await tokenServer([503, {}], [200, TOKEN]);
    const tokenFile = join(folder, 'subject');
    await writeFile(tokenFile, 'eyJsubject-1');
    const keySource = { type: 'identity', providerId: 'i', serviceAccountId: 's', tokenFile } as const;
    await push(path, { ...pushOptions, keySource: { ...keySource, authUrl: auth.origin } });

    expect(retriesIn(events)).toHaveLength(1);
  });

  it('ends with the words of an endpoint that refuses, without the subject token', async () => {
    const { path, pushOptions, folder, server } = await setUpKeys('tok-first-12345');
    const auth = await tokenServer([
      400,
      { error: 'invalid_grant', error_description: 'eyJsubject-1 is unknown' },
    ]);
    const tokenFile = join(folder, 'subject');
    await writeFile(tokenFile, 'eyJsubject-1');
    const keySource = { type: 'identity', providerId: 'i', serviceAccountId: 's', tokenFile } as const;

    await expect(
      push(path, { ...pushOptions, keySource: { ...keySource, authUrl: auth.origin } }),
    ).rejects.toMatchObject({
      code: 'authentication',
      message: expect.stringContaining('invalid_grant: [secret] is unknown (HTTP 400'),
      hint: expect.stringContaining(
        `with the subject token of ${tokenFile}: the provider, the service account, and what they allow. The request went to ${new URL(auth.origin).host}.`,
      ),
    });
    expect(server.requests()).toEqual([]);
  });

  it.each([
    ['usage', 'belong together', { providerId: 'i' }],
    ['usage', 'has no subject token', { providerId: 'i', serviceAccountId: 's' }],
    ['authentication', 'cannot be used', { providerId: 'i', serviceAccountId: 's', tokenFile: '/no/file' }],
    [
      'usage',
      'OPENAI_AUTH_URL is not an https address',
      {
        providerId: 'i',
        serviceAccountId: 's',
        tokenFile: import.meta.filename,
        authUrl: 'http://a.example',
      },
    ],
  ])('that is not complete ends with %s: it %s', async (code, message, settings) => {
    const { path, pushOptions, server } = await setUpKeys('tok-first-12345');
    await expect(
      push(path, { ...pushOptions, keySource: { type: 'identity', ...settings } }),
    ).rejects.toMatchObject({ code, message: expect.stringContaining(message) });
    expect(server.requests()).toEqual([]);
  });
});

describe('a key file', () => {
  it.each(['/no/such/file', '/dev/null', import.meta.dirname])('cannot be %s', async (path) => {
    const { path: source, pushOptions } = await setUpKeys('sk-first-12345');
    await expect(push(source, { ...pushOptions, keySource: { type: 'file', path } })).rejects.toMatchObject({
      code: 'api_key_missing',
      message: expect.stringContaining(path),
    });
  });
});
