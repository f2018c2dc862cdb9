import { setMaxListeners } from 'node:events';
import { type Connection, isAzure, readClientCertificate, resolveAccount } from '../api/connection.ts';
import { createConnections } from '../api/connections.ts';
import { createCredentials } from '../api/credentials.ts';
import { keyFault, type Source } from '../api/key.ts';
import { routeTo } from '../api/proxy.ts';
import { createRedactor } from '../api/redact.ts';
import { type CallOptions, createUploadsApi, type UploadsApi } from '../api/uploads-api.ts';
import { hashFile } from '../checksum/hash-file.ts';
import type { Clock } from '../model/clock.ts';
import { systemClock } from '../model/clock.ts';
import { UploadError } from '../model/errors.ts';
import type { OnEvent } from '../model/events.ts';
import { hint, option } from '../model/hint.ts';
import { createServerClock, type ServerClock } from '../model/server-clock.ts';
import { VERSION } from '../model/version.ts';
import {
  type ConnectionOptions,
  DEFAULT_RETRIES,
  DEFAULT_STALL_TIMEOUT_MS,
  type TransferOptions,
} from '../options/options.ts';
import { requestsPerSecond } from '../options/validate.ts';
import { type LinkMemory, openLinkMemory } from '../sessions/link-memory.ts';
import { openStore, recoverState } from '../sessions/open-store.ts';
import { openSessions, type Sessions } from '../sessions/sessions.ts';
import { type ChunkBuffers, createChunkBuffers } from '../source/read-range.ts';
import { createSharedLimits, type SharedLimits } from '../transfer/shared-limits.ts';
import { toCallerError } from './caller-error.ts';

export type { CallOptions };

/** Everything that an upload needs from outside, created once. */
export interface Dependencies {
  readonly api: UploadsApi;
  readonly sessions: Sessions;
  /** The account that sessions are bound to. */
  readonly connection: Pick<Connection, 'baseUrl' | 'organization' | 'project'>;
  readonly serverClock: ServerClock;
  readonly hashFile: typeof hashFile;
  readonly chunkBuffers: ChunkBuffers;
  readonly clock: Clock;
  /** A random number in [0, 1). */
  readonly random: () => number;
  /** Shared with the other uploads of the same caller. */
  readonly limits: SharedLimits;
  /** What earlier runs have found out about the link. */
  readonly linkMemory: LinkMemory;
  /** Resolves once there is a key to send. @throws UploadError */
  readonly ready: (signal: AbortSignal) => Promise<unknown>;
  readonly onEvent: OnEvent;
  /** Never aborted when the caller gave none. */
  readonly signal: AbortSignal;
  /** Makes a copy for one of several uploads, with its own listener and signal. */
  with(own: { readonly onEvent: OnEvent; readonly signal: AbortSignal }): Dependencies;
  /** Closes the connections. */
  close(): Promise<void>;
}

/**
 * Creates what uploads need, and recovers what killed jobs have left in the state directory.
 * @throws UploadError `api_key_missing`, `usage`, `interrupted`; `session_locked`,
 * `session_unreadable`, `session_unwritable`
 */
export async function openDependencies(options: TransferOptions): Promise<Dependencies> {
  const deps = createDependencies(options);
  try {
    await recoverState(options, deps.clock);
    return deps;
  } catch (error) {
    await deps.close();
    throw toCallerError(error, deps.signal, {});
  }
}

/** @throws UploadError `api_key_missing`, `usage` */
export function createDependencies(
  options: TransferOptions,
  env: NodeJS.ProcessEnv = process.env,
): Dependencies {
  const connection = connectionOf(options);
  const { stallTimeoutMs = DEFAULT_STALL_TIMEOUT_MS } = options;
  const route = routeTo(connection.baseUrl, env);
  const certificate = readClientCertificate(options, connection.baseUrl);
  const connections = createConnections(route, { stallTimeoutMs, client: certificate });
  const serverClock = createServerClock(systemClock);
  const userAgent = `openai-upload/${VERSION} node/${process.versions.node}`;

  const { redact, add: onSecret } = createRedactor(connection, route.proxy);
  const { onEvent = () => undefined, signal = new AbortController().signal } = options;
  const tools = { redact, onSecret, userAgent, clock: systemClock, onEvent, env, stallTimeoutMs };
  const credentials = createCredentials(sourceOf(options), {
    ...tools,
    exchange: async (source, aborted) =>
      (await import('../api/workload-identity.ts')).exchangeToken(source, tools, aborted),
  });

  const client = {
    connection,
    connections,
    credentials,
    redact,
    userAgent,
    clock: systemClock,
    onServerDate: serverClock.observe,
  };

  const { concurrency, limitRate, retries = DEFAULT_RETRIES } = options;
  const maxRequests = options.maxRequests === undefined ? undefined : requestsPerSecond(options.maxRequests);
  const state = openStore(options, systemClock);
  const linkMemory = openLinkMemory(state.directory, connection.baseUrl);
  const { concurrency: best, bytesPerSecond } = linkMemory.read();
  const known = best && bytesPerSecond ? { concurrency: best, bytesPerSecond } : undefined;
  const limits = createSharedLimits(systemClock, { concurrency, limitRate, maxRequests, retries, known });

  const shared = {
    sessions: openSessions(state, systemClock),
    connection,
    serverClock,
    hashFile,
    clock: systemClock,
    random: Math.random,
    chunkBuffers: createChunkBuffers(),
    limits,
    linkMemory,
    ready: credentials.key,
    async close() {
      const found = limits.linkSpeed();
      if (found) linkMemory.save({ ...found, bytesPerSecond: Math.round(found.bytesPerSecond) });
      credentials.close();
      await connections.close();
    },
  };

  const withOwn: Dependencies['with'] = (own) => {
    // Every part in flight listens to this signal, which is not a leak.
    setMaxListeners(0, own.signal);
    const api = createUploadsApi({ ...client, onEvent: own.onEvent, onRequestLimit: limits.pace.told });
    return { ...shared, ...own, api, with: withOwn };
  };

  return withOwn({ onEvent, signal });
}

/** @throws UploadError `usage` for a base URL that cannot be used */
export function connectionOf(options: ConnectionOptions): Connection {
  const { headers = {}, insecureHttp = false } = options;
  const account = resolveAccount(options, insecureHttp);
  const auth = options.auth ?? (isAzure(account.baseUrl) ? 'api-key' : 'bearer');

  return { ...account, auth, headers };
}

/** @throws UploadError `api_key_missing`, or `usage` for a text that cannot be a key */
function sourceOf({ apiKey, keySource }: ConnectionOptions): Source {
  if (typeof apiKey === 'function') return { type: 'function', get: apiKey };

  if (!apiKey) {
    if (keySource !== undefined) return keySource;
    throw new UploadError('api_key_missing', {
      message: 'there is no API key',
      hint: hint`Set ${option('apiKey')}.`,
    });
  }

  const fault = keyFault(apiKey);
  if (fault === undefined) return { type: 'key', key: apiKey };
  throw new UploadError('usage', {
    message: `the API key ${fault.what}`,
    hint: hint`Check ${option('apiKey')}. ${fault.hint}`,
  });
}
