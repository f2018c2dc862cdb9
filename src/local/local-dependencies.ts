import type { Account } from '../model/account.ts';
import type { Clock } from '../model/clock.ts';
import { systemClock } from '../model/clock.ts';
import { createServerClock, type ServerClock } from '../model/server-clock.ts';
import type { ConnectionOptions, SessionsOptions } from '../options/options.ts';
import { accountAsSet, accountOf } from '../options/validate.ts';
import { openStore } from '../sessions/open-store.ts';
import { openRecords, type Records } from '../sessions/records.ts';

/** What local work needs: no key, no network, and nothing that is slow to load. */
export interface LocalDependencies {
  readonly records: Records;
  /** Decides which sessions can be resumed with the current settings. */
  readonly connection: Account;
  /**
   * It sees no responses, so it relies on the offset of the server's clock that a session has
   * saved.
   */
  readonly serverClock: ServerClock;
  readonly clock: Clock;
}

/**
 * @param options with `insecureHttp` for a dry run, which must refuse the same base URLs as a push
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
        ? accountAsSet({ baseUrl, organization, project })
        : accountOf({ baseUrl, organization, project }, insecureHttp),
    serverClock: createServerClock(systemClock),
    clock: systemClock,
  };
}
