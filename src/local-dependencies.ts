import { resolveAccount } from './api/connection.ts';
import { createServerClock, type ServerClock } from './api/server-clock.ts';
import type { Account } from './model/account.ts';
import type { Clock } from './model/clock.ts';
import { isUploadError } from './model/errors.ts';
import type { ConnectionOptions, SessionsOptions } from './options.ts';
import { openRecords, type Records } from './sessions/records/open-records.ts';
import { openStore } from './sessions/store/open-store.ts';
import { systemClock } from './system-clock.ts';

/** What it takes to look at saved sessions: no key, no network, and nothing that takes long to load. */
export interface LocalDependencies {
  readonly records: Records;
  /** Which sessions could be resumed with what is set now. */
  readonly connection: Account;
  /** It hears no server, so it relies on what a session has saved of its server's clock. */
  readonly serverClock: ServerClock;
  readonly clock: Clock;
}

/**
 * @param options with `insecureHttp`, what is looked at is what a push would do, and the base URL has to be one
 * @throws UploadError `usage`
 */
export function createLocalDependencies(
  options: SessionsOptions & Pick<ConnectionOptions, 'insecureHttp'>,
): LocalDependencies {
  const { baseUrl, organization, project, stateDir, stateStore, insecureHttp } = options;
  return {
    records: openRecords(openStore({ stateDir, stateStore }, systemClock), systemClock),
    connection:
      insecureHttp === undefined
        ? comparable({ baseUrl, organization, project })
        : resolveAccount({ baseUrl, organization, project }, insecureHttp),
    serverClock: createServerClock(systemClock),
    clock: systemClock,
  };
}

/** Nothing is sent to it. One whose base URL is none is not that of any session. */
function comparable(server: Parameters<typeof resolveAccount>[0]): Account {
  try {
    return resolveAccount(server);
  } catch (error) {
    if (!isUploadError(error)) throw error;
    return { ...resolveAccount({ ...server, baseUrl: '' }), baseUrl: server.baseUrl ?? '' };
  }
}
