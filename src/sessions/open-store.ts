import type { Clock } from '../model/clock.ts';
import type { StateStore } from '../model/state-store.ts';
import { createFileStore } from './file-store.ts';
import { defaultStateDirectory } from './state-directory.ts';
import { type SessionStore, withStoreErrors } from './with-store-errors.ts';

/** Where the state is. */
export interface State {
  readonly store: SessionStore;
  /** For what is too large for a store: the bytes of streams. */
  readonly directory: string;
  /** Whether the store is the caller's; then nothing that it could hold is to be on our disk. */
  readonly isOwnStore: boolean;
}

export interface StateOptions {
  readonly stateDir?: string | undefined;
  readonly stateStore?: StateStore | undefined;
}

export function openStore({ stateDir, stateStore }: StateOptions, clock: Clock): State {
  const directory = stateDir || defaultStateDirectory();
  return {
    directory,
    isOwnStore: stateStore !== undefined,
    store: withStoreErrors(stateStore ?? createFileStore(directory, clock)),
  };
}
