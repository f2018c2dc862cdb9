import { onTestFinished } from 'vitest';
import type { Connection } from '../../../src/api/connection.ts';
import { createConnections } from '../../../src/api/connections.ts';
import { createCredentials } from '../../../src/api/credentials.ts';
import { routeTo } from '../../../src/api/proxy.ts';
import { createRedactor } from '../../../src/api/redact.ts';
import type { HttpClient } from '../../../src/api/send-request.ts';
import { type CallOptions, createUploadsApi, type NewPart } from '../../../src/api/uploads-api.ts';
import { systemClock } from '../../../src/model/clock.ts';
import type { UploadEvent } from '../../../src/model/events.ts';
import { startUploadsServer } from '../../helpers/uploads-server/start-uploads-server.ts';
import type { UploadsServerOptions } from '../../helpers/uploads-server/uploads-server.ts';

export const once: CallOptions = { signal: new AbortController().signal, attempt: 1 };
export const newUpload = {
  filename: 'a.bin',
  purpose: 'user_data',
  bytes: 6,
  mimeType: 'application/octet-stream',
  fileLifetimeSeconds: null,
};

/** The API's calls, wired to anything that listens. Ends with the test. */
export function connect(
  { apiKey = 'sk-test-key', ...connection }: Partial<Connection> & { baseUrl: string; apiKey?: string },
  env: NodeJS.ProcessEnv = {},
  stallTimeoutMs = 30_000,
) {
  const connections = createConnections(routeTo(connection.baseUrl, env), { stallTimeoutMs });
  onTestFinished(() => connections.close());
  const events: Extract<UploadEvent, { type: 'request' }>[] = [];
  const dates: number[] = [];
  const settings: Connection = {
    organization: null,
    project: null,
    auth: 'bearer',
    headers: {},
    ...connection,
  };
  const { redact, add: onSecret } = createRedactor(settings, connections.route.proxy);
  const exchange = () => Promise.reject(new Error('no workload'));
  const credentials = createCredentials(
    { type: 'key', key: apiKey },
    {
      clock: systemClock,
      redact,
      onSecret,
      exchange,
    },
  );
  const client: HttpClient = {
    connection: settings,
    connections,
    credentials,
    redact,
    userAgent: 'openai-upload/test',
    clock: systemClock,
    onEvent: (event) => event.type === 'request' && events.push(event),
    onServerDate: (ms) => dates.push(ms),
  };
  return { api: createUploadsApi(client), connections, events, dates };
}

/** The calls, wired to a server of the test's own. */
export async function connectToServer(
  options: UploadsServerOptions = {},
  connection: Partial<Connection> & { apiKey?: string } = {},
) {
  const server = await startUploadsServer({ profile: 'strict', ...options });
  onTestFinished(() => server.close());
  return { server, ...connect({ baseUrl: server.baseUrl, apiKey: server.apiKey, ...connection }) };
}

export function part(uploadId: string, text: string): NewPart {
  const bytes = async function* () {
    yield Buffer.from(text);
  };
  return { uploadId, number: 1, length: Buffer.byteLength(text), bytes: bytes() };
}
