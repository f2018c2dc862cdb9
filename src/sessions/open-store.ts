import { join } from 'node:path';
import type { Clock } from '../model/clock.ts';
import { absolute, here, NAME, type Platform } from '../model/platform.ts';
import { unreadable, unwritable } from '../model/session-errors.ts';
import { inBatches } from '../model/signals.ts';
import type { StateStore } from '../model/state-store.ts';
import { createFileStore, type FileStore } from './file-store.ts';
import { recoverCommits } from './recover-commits.ts';
import type { Scanned, ScanOptions } from './scan.ts';

/** Where the state is kept. */
export interface State {
  readonly store: SessionStore;
  /** For data too large for a store: the bytes of streams. */
  readonly directory: string;
  /** Whether the store is the caller's. If so, nothing that it could hold goes to our disk. */
  readonly isOwnStore: boolean;
  readonly signal: AbortSignal | undefined;
}

/** A store whose errors always say where they happened. */
export interface SessionStore extends StateStore {
  readonly placeOf: (name: string) => string;
  /**
   * Yields all values, some at a time; of a caller's store, the names alone.
   * @throws the signal's reason
   */
  scan(options: ScanOptions): AsyncIterable<readonly Scanned[]>;
}

export interface StateOptions {
  readonly stateDir?: string | undefined;
  readonly stateStore?: StateStore | undefined;
  /** Ends the search through all records. */
  readonly signal?: AbortSignal | undefined;
}

/**
 * Recovers what killed jobs have left. Call it before anything is read from the state directory.
 * @throws like `recoverCommits`
 */
export async function recoverState(
  { stateDir, stateStore, signal }: StateOptions,
  clock: Clock,
): Promise<void> {
  if (stateStore === undefined) await recoverCommits(stateDirectory(stateDir), clock, signal);
}

export function openStore({ stateDir, stateStore, signal }: StateOptions, clock: Clock): State {
  const directory = stateDirectory(stateDir);

  return {
    directory,
    signal,
    isOwnStore: stateStore !== undefined,
    store: withStoreErrors(stateStore ?? createFileStore(directory, clock, signal), signal),
  };
}

export function stateDirectory(stateDir: string | undefined): string {
  return stateDir || defaultStateDirectory();
}

/** Returns the platform's directory for state that outlives a run but is not a user document. */
export function defaultStateDirectory({ platform, env, home }: Platform = here()): string {
  if (platform === 'win32')
    return join(absolute(env.LOCALAPPDATA) ?? join(home, 'AppData', 'Local'), NAME, 'State');
  if (platform === 'darwin') return join(home, 'Library', 'Application Support', NAME);
  return join(absolute(env.XDG_STATE_HOME) ?? join(home, '.local', 'state'), NAME);
}

/** Turns every other error of a store into `session_unreadable` or `session_unwritable`. */
function withStoreErrors(store: StateStore | FileStore, signal: AbortSignal | undefined): SessionStore {
  const placeOf = (name: string) => store.placeOf?.(name) ?? `${name} in ${store.location}`;
  const reading = convertErrors(unreadable);
  const writing = convertErrors(unwritable);

  const names = () => reading(store.location, () => store.names());

  return {
    location: store.location,
    placeOf,
    names,
    scan: (options) => ('scan' in store ? store.scan(options) : scanNames(names, options.signal)),
    read: (name) => reading(placeOf(name), () => store.read(name)),
    write: (name, value) => writing(placeOf(name), () => store.write(name, value)),
    ...(store.append && {
      append: (name, field, items) =>
        writing(placeOf(name), async () => await store.append?.(name, field, items)),
    }),
    remove: (name) => writing(placeOf(name), () => store.remove(name)),
    lock: (name) =>
      writing(placeOf(name), () => store.lock(name)).catch((error) => {
        signal?.throwIfAborted();
        throw error;
      }),
    owner: (name) => reading(placeOf(name), () => store.owner(name)),
  };
}

async function* scanNames(
  names: () => Promise<readonly string[]>,
  signal: AbortSignal | undefined,
): AsyncGenerator<readonly Scanned[]> {
  const all = (await names()).map((name) => ({ name, isFree: false }));
  yield* inBatches(all, signal);
}

function convertErrors(toUploadError: (place: string, cause: unknown) => Error) {
  return async <T>(place: string, action: () => Promise<T>): Promise<T> => {
    try {
      return await action();
    } catch (cause) {
      throw toUploadError(place, cause);
    }
  };
}
