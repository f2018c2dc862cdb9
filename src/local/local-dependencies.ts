import type { Account } from '../model/account.ts';
import type { Clock } from '../model/clock.ts';
import { systemClock } from '../model/clock.ts';
import { createServerClock, type ServerClock } from '../model/server-clock.ts';
import { heedSignal } from '../model/signals.ts';
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
   * It sees no responses, so an upload has expired when the saved offset says so, and our clock
   * without it too.
   */
  readonly serverClock: ServerClock;
  readonly clock: Clock;
  /** Where the journals of jobs are; undefined for the default place. */
  readonly stateDir: string | undefined;
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
  return {
    records: openRecords(openStore({ stateDir, stateStore, signal }, systemClock), systemClock),
    connection:
      insecureHttp === undefined
        ? accountAsSet({ baseUrl, organization, project })
        : accountOf({ baseUrl, organization, project }, insecureHttp),
    serverClock: createServerClock(systemClock),
    clock: systemClock,
    stateDir,
    signal,
  };
}

/** Like `heedSignal`, with the errors that callers see. @throws UploadError `interrupted` */
export function heeding<T>(items: Iterable<T>, signal: AbortSignal | undefined) {
  return withCallerErrors(heedSignal(items, signal), signal);
}

/** All records in batches, or what is wrong with one, in no order. @throws as `heeding` and `Records.each` */
export function recordBatches(
  { records, signal }: LocalDependencies,
  options?: Parameters<Records['batches']>[0],
) {
  // It heeds the signal itself.
  return withCallerErrors(records.batches(options), signal);
}

async function* withCallerErrors<T>(items: AsyncIterable<T>, signal: AbortSignal | undefined) {
  try {
    yield* items;
  } catch (error) {
    throw signal ? toCallerError(error, signal, {}) : error;
  }
}
