import type { LockOwner } from './session-summary.ts';

/**
 * Where sessions are kept. The server cannot list uploads, so this is the only record of them: a
 * store that loses a value loses an upload. Names are letters, digits and `_ - % .`, 255 characters
 * at most; values are plain JSON objects of some hundred bytes a part, and about five bytes a line
 * for a piece of a split. Whatever a store throws ends the run as `session_unreadable` or
 * `session_unwritable`.
 */
export interface StateStore {
  /** For messages: a directory or an address. */
  readonly location: string;
  /** Where the value of a name is, for messages. Default: the name and the location. */
  readonly placeOf?: (name: string) => string;
  /** The names of all values. */
  names(): Promise<readonly string[]>;
  /** Undefined only when there is no value of that name. Throws when it cannot tell. */
  read(name: string): Promise<unknown>;
  /**
   * Resolves once the value survives a crash. A reader gets the old value or the new one, never a
   * part.
   */
  write(name: string, value: Readonly<Record<string, unknown>>): Promise<void>;
  /**
   * Adds items to the array `field` of a value, as `write` of the whole would, but without its
   * cost: it is called for each part of thousands. Default: `write`.
   */
  append?(name: string, field: string, items: readonly Readonly<Record<string, unknown>>[]): Promise<void>;
  /** Removing a value that does not exist is no error. */
  remove(name: string): Promise<void>;
  /**
   * Takes the lock of a name, which may have no value, or returns its owner at once. Two callers at
   * the same time must not both get it. The lock of a dead process must end by itself.
   */
  lock(name: string): Promise<StateLock | LockOwner>;
  /** The owner of a lock; null when it is free. */
  owner(name: string): Promise<LockOwner | null>;
}

/** A lock that is held until it is released or lost. */
export interface StateLock {
  /** Asked before every write. A process that has lost the lock must not write. */
  isHeld(): Promise<boolean>;
  release(): Promise<void>;
}
