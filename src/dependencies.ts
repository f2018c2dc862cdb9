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
import { systemClock } from './system-clock.ts';
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

/** @throws UploadError `api_key_missing`, `usage` */
export function createDependencies(
  options: ConnectionOptions,
  env: NodeJS.ProcessEnv = process.env,
): Dependencies {
  const connection = resolveConnection(options);
  const onEvent = options.onEvent ?? (() => undefined);
  const dispatcher = createDispatcher(env, { isLocalHttp: isLocalHttp(connection.baseUrl) });
  const serverClock = createServerClock(systemClock);
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
    api: createUploadsApi(wire),
    sessions: openSessions(options.stateDir || defaultStateDirectory(), systemClock),
    connection,
    serverClock,
    hashFile,
    clock: systemClock,
    random: Math.random,
    onEvent,
    signal: options.signal ?? new AbortController().signal,
    close: () => dispatcher.destroy(),
  };
}

function resolveConnection(options: ConnectionOptions): Connection {
  const { apiKey, headers = {} } = options;
  const [organization, project] = [options.organization || null, options.project || null];
  if (!apiKey) {
    throw new UploadError('api_key_missing', { message: 'there is no API key', hint: 'Set OPENAI_API_KEY.' });
  }
  if (/[^\x21-\x7e]/.test(apiKey)) {
    const hint = 'Look for a line break or a space at its end.';
    throw new UploadError('usage', { message: 'the API key holds characters that no key has', hint });
  }
  const baseUrl = normalizeBaseUrl(options.baseUrl || DEFAULT_BASE_URL, {
    insecureHttp: options.insecureHttp ?? false,
  });
  const auth = options.auth ?? (isAzure(baseUrl) ? 'api-key' : 'bearer');
  return { baseUrl, apiKey, organization, project, auth, headers };
}
