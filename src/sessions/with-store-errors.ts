import { isUploadError } from '../model/errors.ts';
import { unreadable, unwritable } from '../model/session-errors.ts';
import type { StateStore } from '../model/state-store.ts';

/** A store whose failures say where they happened, whatever it throws. */
export interface SessionStore extends StateStore {
  readonly placeOf: (name: string) => string;
}

/** @returns the store, whose methods throw UploadError `session_unreadable` and `session_unwritable` */
export function withStoreErrors(store: StateStore): SessionStore {
  const placeOf = (name: string) => store.placeOf?.(name) ?? `${name} in ${store.location}`;
  const reading = told(unreadable);
  const writing = told(unwritable);
  return {
    location: store.location,
    placeOf,
    names: () => reading(store.location, () => store.names()),
    read: (name) => reading(placeOf(name), () => store.read(name)),
    write: (name, value) => writing(placeOf(name), () => store.write(name, value)),
    remove: (name) => writing(placeOf(name), () => store.remove(name)),
    lock: (name) => writing(placeOf(name), () => store.lock(name)),
    owner: (name) => reading(placeOf(name), () => store.owner(name)),
  };
}

function told(failure: (place: string, cause: unknown) => Error) {
  return async <T>(place: string, action: () => Promise<T>): Promise<T> => {
    try {
      return await action();
    } catch (cause) {
      throw isUploadError(cause) ? cause : failure(place, cause);
    }
  };
}
