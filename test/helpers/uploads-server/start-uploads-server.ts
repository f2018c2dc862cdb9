import { mkdir, mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { createServerClock } from './clock.ts';
import { controlsOf } from './controls-of.ts';
import { createFaultPlan } from './fault-plan.ts';
import { createHolds } from './holds.ts';
import { listen } from './listen.ts';
import { parseFaults } from './parse-faults.ts';
import { createRequestLimit } from './request-limit.ts';
import { createRequestLog } from './request-log.ts';
import type { ServerContext } from './server-context.ts';
import { SERVER_PROFILES, type ServerProfile } from './server-profile.ts';
import { createStore } from './store.ts';
import { createThrottle } from './throttle.ts';
import type { UploadsServer, UploadsServerOptions } from './uploads-server.ts';

/** Starts a real HTTP server that holds its clients to the documented rules of the Uploads API. */
export async function startUploadsServer(options: UploadsServerOptions = {}): Promise<UploadsServer> {
  const closing = new AbortController();
  const context = await createContext(options, closing.signal);
  const removeOwnStore = async () => {
    if (options.storeDirectory !== undefined) return;
    await rm(context.store.directory, { recursive: true, force: true });
  };
  const listener = await listen(context, options).catch(async (error: unknown) => {
    await removeOwnStore();
    throw error;
  });
  const close = async () => {
    closing.abort(new Error('The uploads server was closed.'));
    await listener.close();
    await removeOwnStore();
  };
  const origin = `${options.tls ? 'https' : 'http'}://${options.host ?? '127.0.0.1'}:${listener.port}`;
  return {
    baseUrl: `${origin}${context.profile.basePath}${queryOf(context.profile)}`,
    apiKey: context.apiKey,
    profile: context.profile,
    port: listener.port,
    storeDirectory: context.store.directory,
    ...controlsOf(context),
    close,
  };
}

async function createContext(options: UploadsServerOptions, closing: AbortSignal): Promise<ServerContext> {
  const profile = profileOf(options);
  const clock = createServerClock(options.now ?? Date.now);
  const plan = createFaultPlan();
  plan.add(parseFaults(options.faults ?? []));
  const directory = options.storeDirectory ?? (await mkdtemp(join(tmpdir(), 'uploads-server-')));
  await mkdir(directory, { recursive: true });
  return {
    apiKey: options.apiKey ?? 'sk-test-key',
    profile,
    models: options.models ?? null,
    bytesPerSecond: options.bytesPerSecond ?? null,
    latencyMs: options.latencyMs ?? 0,
    maxPartsInFlight: options.maxPartsInFlight ?? Number.POSITIVE_INFINITY,
    requestLimit:
      options.requestsPerMinute === undefined
        ? null
        : createRequestLimit(options.requestsPerMinute, clock.nowMs),
    totalThrottle:
      options.totalBytesPerSecond === undefined ? null : createThrottle(options.totalBytesPerSecond),
    clock,
    store: createStore({ directory, clock, profile }),
    log: createRequestLog(closing),
    plan,
    holds: createHolds(closing),
    closing,
  };
}

function profileOf(options: UploadsServerOptions): ServerProfile {
  const profile: ServerProfile = SERVER_PROFILES[options.profile ?? 'openai'];
  const { basePath, uploadLifetimeSeconds, closedUploadStatus, keyHeader } = options;
  return {
    ...profile,
    basePath: basePath ?? profile.basePath,
    keyHeader: (keyHeader ?? profile.keyHeader).toLowerCase(),
    uploadLifetimeSeconds: uploadLifetimeSeconds ?? profile.uploadLifetimeSeconds,
    closedUploadStatus: closedUploadStatus ?? profile.closedUploadStatus,
  };
}

function queryOf({ query }: ServerProfile): string {
  const text = new URLSearchParams(query).toString();
  return text === '' ? '' : `?${text}`;
}
