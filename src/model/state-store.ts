import type { LockOwner } from './session.ts';

/**
 * Where sessions are kept. The server can list no uploads, so what is in here is the only record of them: a store that loses a
 * value loses an upload. Names are letters, digits and `_ - % .`, 255 characters at most; values are plain JSON objects of some
 * hundred bytes a part, and some five bytes a line for a piece whose lines others lie between. Whatever a store throws ends the run, as `session_unreadable` or `session_unwritable`.
 */
export interface StateStore {
  /** For people, in messages: a directory, an address. */
  readonly location: string;
  /** Where the value of a name is, for messages. Default: the name and the location. */
  readonly placeOf?: (name: string) => string;
  /** The names of all values there are. */
  names(): Promise<readonly string[]>;
  /** Undefined when there is none of that name, and only then: what cannot be told is to be thrown. */
  read(name: string): Promise<unknown>;
  /** Resolves once the value outlives a crash. Who reads meanwhile gets the old one or the new one, whole. */
  write(name: string, value: Readonly<Record<string, unknown>>): Promise<void>;
  /** What is not there is removed already. */
  remove(name: string): Promise<void>;
  /**
   * Takes a lock, of which there is one for every name, with a value or without; or tells at once who has it. Two that try at the
   * same time must not both get it. The lock of a process that has died has to end by itself.
   */
  lock(name: string): Promise<StateLock | LockOwner>;
  /** Who has a lock; null when nobody has it. */
  owner(name: string): Promise<LockOwner | null>;
}

/** A lock that was got, until it is released or lost. */
export interface StateLock {
  /** Asked before every write: whoever has lost the lock must not write any more. */
  isHeld(): Promise<boolean>;
  release(): Promise<void>;
}
