import { uptime } from 'node:os';
import { setTimeout as sleep } from 'node:timers/promises';
import {
  type Connection,
  DEFAULT_BASE_URL,
  isAzure,
  isLocalHttp,
  normalizeBaseUrl,
} from './api/connection.ts';
import { createDispatcher } from './api/create-dispatcher.ts';
import { createServerClock, type ServerClock } from './api/server-clock.ts';
import { type CallOptions, createUploadsApi, type UploadsApi } from './api/uploads-api.ts';
import { hashFile } from './checksum/hash-file.ts';
import type { Clock } from './model/clock.ts';
import { UploadError } from './model/errors.ts';
import type { OnEvent } from './model/events.ts';
import type { ConnectionOptions } from './options.ts';
import { openSessions, type Sessions } from './sessions/open-sessions.ts';
import { defaultStateDirectory } from './sessions/state-directory.ts';
import { VERSION } from './version.ts';

export type { CallOptions };

/** Everything the stories need from outside, put together once. */
export interface Dependencies {
  readonly api: UploadsApi;
  readonly sessions: Sessions;
  /** Whose API it is: sessions are bound to it. */
  readonly connection: Pick<Connection, 'baseUrl' | 'organization' | 'project'>;
  readonly serverClock: ServerClock;
  readonly hashFile: typeof hashFile;
  readonly clock: Clock;
  /** In [0, 1). */
  readonly random: () => number;
  readonly onEvent: OnEvent;
  /** Never aborted when the caller gave none. */
  readonly signal: AbortSignal;
  /** Lets go of the connections. */
  close(): Promise<void>;
}

/** What there is without a key. Nothing of it makes a request. */
export type LocalDependencies = Pick<
  Dependencies,
  'sessions' | 'connection' | 'serverClock' | 'onEvent' | 'signal'
>;

/** @throws UploadError `usage` */
export function createLocalDependencies(options: ConnectionOptions): LocalDependencies {
  return {
    sessions: openSessions(options.stateDir || defaultStateDirectory(), systemClock),
    connection: resolveServer(options),
    serverClock: createServerClock(systemClock),
    onEvent: options.onEvent ?? (() => undefined),
    signal: options.signal ?? new AbortController().signal,
  };
}

/** @throws UploadError `api_key_missing`, `usage` */
export function createDependencies(
  options: ConnectionOptions,
  env: NodeJS.ProcessEnv = process.env,
): Dependencies {
  const connection = resolveConnection(options);
  const local = createLocalDependencies(options);
  const { onEvent, serverClock } = local;
  const dispatcher = createDispatcher(env, { isLocalHttp: isLocalHttp(connection.baseUrl) });
  const userAgent = `openai-upload/${VERSION} node/${process.versions.node}`;
  const wire = {
    connection,
    dispatcher,
    userAgent,
    clock: systemClock,
    onEvent,
    onServerDate: serverClock.observe,
  };
  return {
    ...local,
    connection,
    api: createUploadsApi(wire),
    hashFile,
    clock: systemClock,
    random: Math.random,
    close: () => dispatcher.destroy(),
  };
}

function resolveConnection(options: ConnectionOptions): Connection {
  const { apiKey, headers = {} } = options;
  if (!apiKey) {
    throw new UploadError('api_key_missing', { message: 'there is no API key', hint: 'Set OPENAI_API_KEY.' });
  }
  if (/[^\x21-\x7e]/.test(apiKey)) {
    const hint = 'Look for a line break or a space at its end.';
    throw new UploadError('usage', { message: 'the API key holds characters that no key has', hint });
  }
  const server = resolveServer(options);
  const auth = options.auth ?? (isAzure(server.baseUrl) ? 'api-key' : 'bearer');
  return { ...server, apiKey, auth, headers };
}

function resolveServer(options: ConnectionOptions): Dependencies['connection'] {
  const { baseUrl = '', insecureHttp = false, organization, project } = options;
  return {
    baseUrl: normalizeBaseUrl(baseUrl || DEFAULT_BASE_URL, { insecureHttp }),
    organization: organization || null,
    project: project || null,
  };
}

/** `os.uptime` opens a file of the kernel's on Linux, so it is not for what happens many times a second. */
export const systemClock: Clock = {
  now: Date.now,
  monotonic: () => performance.now(),
  uptime: () => uptime() * 1000,
  sleep: async (ms, signal) => {
    await sleep(Math.min(ms, 2 ** 31 - 1), undefined, signal ? { signal } : undefined).catch(
      (error: unknown) => {
        throw signal?.aborted ? signal.reason : error;
      },
    );
  },
};
