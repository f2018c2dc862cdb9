import type { Account } from '../model/account.ts';
import type { Clock } from '../model/clock.ts';
import { isUploadError } from '../model/errors.ts';
import { createServerClock, type ServerClock } from '../model/server-clock.ts';
import { systemClock } from '../model/system-clock.ts';
import type { ConnectionOptions, SessionsOptions } from '../options/options.ts';
import { accountOf } from '../options/validate.ts';
import { openStore } from '../sessions/open-store.ts';
import { openRecords, type Records } from '../sessions/records.ts';

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
        : accountOf({ baseUrl, organization, project }, insecureHttp),
    serverClock: createServerClock(systemClock),
    clock: systemClock,
  };
}

/** Nothing is sent to it. One whose base URL is none is not that of any session. */
function comparable(server: Parameters<typeof accountOf>[0]): Account {
  try {
    return accountOf(server);
  } catch (error) {
    if (!isUploadError(error)) throw error;
    return { ...accountOf({ ...server, baseUrl: '' }), baseUrl: server.baseUrl ?? '' };
  }
}
