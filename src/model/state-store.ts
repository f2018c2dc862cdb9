/** The process that is working on an upload. A field is null when the lock does not say. */
export interface LockOwner {
  readonly pid: number | null;
  readonly host: string | null;
}

/**
 * Where sessions are kept. The server cannot list uploads, so nothing else knows about them: a
 * store that loses a value loses an upload. Names consist of letters, digits and `_ - % .`, with at
 * most 255 characters. Values are plain JSON objects with a few hundred bytes for each part, and
 * about five bytes a line for a piece of a split. Any error that a store throws ends the run as
 * `session_unreadable` or `session_unwritable`.
 */
export interface StateStore {
  /** A directory or an address, for messages. */
  readonly location: string;
  /** Where the value of a name is, for messages. Default: the name and the location. */
  readonly placeOf?: (name: string) => string;
  /** The names of all values. */
  names(): Promise<readonly string[]>;
  /** Resolves to undefined only when there is no value of that name. Throws when it cannot tell. */
  read(name: string): Promise<unknown>;
  /**
   * Resolves once the value would survive a crash. A reader gets the old value or the new one,
   * never part of one.
   */
  write(name: string, value: Readonly<Record<string, unknown>>): Promise<void>;
  /**
   * Appends items to the array `field` of a value. The effect is that of a `write` of the whole
   * value. The cost should be much lower, because this is called for each of thousands of parts.
   * Default: `write`.
   */
  append?(name: string, field: string, items: readonly Readonly<Record<string, unknown>>[]): Promise<void>;
  /** Succeeds when there is no value of that name. */
  remove(name: string): Promise<void>;
  /**
   * Takes the lock of a name, or returns its owner at once. The name need not have a value. Two
   * callers at the same time must never both get the lock. The lock of a dead process must end by
   * itself.
   */
  lock(name: string): Promise<StateLock | LockOwner>;
  /** The owner of a lock; null when it is free. */
  owner(name: string): Promise<LockOwner | null>;
}

/** A lock that is held until it is released or lost. */
export interface StateLock {
  /** Called before every write. A process that has lost the lock must not write. */
  isHeld(): Promise<boolean>;
  release(): Promise<void>;
}
