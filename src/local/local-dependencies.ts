import { setImmediate } from 'node:timers/promises';
import type { Account } from '../model/account.ts';
import type { Clock } from '../model/clock.ts';
import { systemClock } from '../model/clock.ts';
import { createServerClock, type ServerClock } from '../model/server-clock.ts';
import type { ConnectionOptions, SessionsOptions } from '../options/options.ts';
import { accountAsSet, accountOf } from '../options/validate.ts';
import { openStore, recoverState } from '../sessions/open-store.ts';
import { openRecords, type Records } from '../sessions/records.ts';
import { toCallerError } from '../upload/caller-error.ts';

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
  readonly signal: AbortSignal | undefined;
}

/**
 * @param options with `insecureHttp` for a dry run, which must refuse the same base URLs as a push
 * @throws UploadError `usage`
 */
export async function openLocalDependencies(
  options: SessionsOptions & Pick<ConnectionOptions, 'insecureHttp'>,
): Promise<LocalDependencies> {
  const { baseUrl, organization, project, stateDir, stateStore, insecureHttp, signal } = options;
  try {
    await recoverState(options, systemClock);
  } catch (error) {
    throw signal ? toCallerError(error, signal, {}) : error;
  }
  // One moment for all sessions: on Linux the uptime is a file, which is slow to read for each.
  const uptimeMs = systemClock.uptime();
  return {
    records: openRecords(openStore({ stateDir, stateStore }, systemClock), systemClock),
    connection:
      insecureHttp === undefined
        ? accountAsSet({ baseUrl, organization, project })
        : accountOf({ baseUrl, organization, project }, insecureHttp),
    serverClock: createServerClock({ ...systemClock, uptime: () => uptimeMs }),
    clock: systemClock,
    signal,
  };
}

/** So many records are read before a signal can be heard. */
const IN_A_ROW = 100;

/** Every record, or what is wrong with one, in no order. @throws as `giveWay` and `Records.each` */
export async function* eachRecord({ records, signal }: LocalDependencies) {
  let count = 0;

  for await (const each of records.each()) {
    count += 1;
    if (count % IN_A_ROW === 0) await giveWay(signal);
    yield each;
  }
}

/** Lets a signal be heard: nothing else does while only files are read. @throws UploadError `interrupted` */
export async function giveWay(signal: AbortSignal | undefined): Promise<void> {
  await setImmediate();
  if (signal?.aborted) throw toCallerError(signal.reason, signal, {});
}
