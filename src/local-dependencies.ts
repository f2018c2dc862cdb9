import { type Connection, DEFAULT_BASE_URL, normalizeBaseUrl } from './api/connection.ts';
import { createServerClock, type ServerClock } from './api/server-clock.ts';
import type { SessionsOptions } from './options.ts';
import { openRecords, type Records } from './sessions/open-records.ts';
import { defaultStateDirectory } from './sessions/state-directory.ts';
import { systemClock } from './system-clock.ts';

/** What it takes to look at saved sessions: no key, no network, and nothing that takes long to load. */
export interface LocalDependencies {
  readonly records: Records;
  /** Which sessions could be resumed with what is set now. */
  readonly connection: Pick<Connection, 'baseUrl' | 'organization' | 'project'>;
  /** It hears no server, so it relies on what a session has saved of its server's clock. */
  readonly serverClock: ServerClock;
}

/** @throws UploadError `usage` when the base URL is none */
export function createLocalDependencies(options: SessionsOptions): LocalDependencies {
  const { baseUrl, organization, project, stateDir } = options;
  return {
    records: openRecords(stateDir || defaultStateDirectory(), systemClock),
    connection: {
      // Nothing is sent there, so it need not be safe.
      baseUrl: normalizeBaseUrl(baseUrl || DEFAULT_BASE_URL, { insecureHttp: true }),
      organization: organization || null,
      project: project || null,
    },
    serverClock: createServerClock(systemClock),
  };
}
