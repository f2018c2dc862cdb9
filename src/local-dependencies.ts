import { resolveServer } from './api/connection.ts';
import { createServerClock, type ServerClock } from './api/server-clock.ts';
import type { Clock } from './model/clock.ts';
import type { Server } from './model/server.ts';
import type { ConnectionOptions, SessionsOptions } from './options.ts';
import { openRecords, type Records } from './sessions/open-records.ts';
import { openStore } from './sessions/open-store.ts';
import { systemClock } from './system-clock.ts';

/** What it takes to look at saved sessions: no key, no network, and nothing that takes long to load. */
export interface LocalDependencies {
  readonly records: Records;
  /** Which sessions could be resumed with what is set now. */
  readonly connection: Server;
  /** It hears no server, so it relies on what a session has saved of its server's clock. */
  readonly serverClock: ServerClock;
  readonly clock: Clock;
}

/**
 * @param options where only what is saved is looked at, nothing is sent to the base URL, and it need not be safe
 * @throws UploadError `usage` when the base URL is none
 */
export function createLocalDependencies(
  options: SessionsOptions & Pick<ConnectionOptions, 'insecureHttp'>,
): LocalDependencies {
  const { baseUrl, organization, project, stateDir, stateStore, insecureHttp = true } = options;
  return {
    records: openRecords(openStore({ stateDir, stateStore }, systemClock), systemClock),
    connection: resolveServer({ baseUrl, organization, project }, insecureHttp),
    serverClock: createServerClock(systemClock),
    clock: systemClock,
  };
}
