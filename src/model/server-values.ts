/**
 * Checks of values that a server sends. They run when a response arrives, and again when a record
 * is read, because its file may have been changed.
 */

/**
 * The last second that a `Date` can hold. A server that counts in microseconds sends times beyond
 * it.
 */
const LAST_SECOND = 8_640_000_000_000;

/**
 * An id becomes a segment of a URL, where `.` and `..` would name another endpoint, and it is shown
 * on a terminal. A lone surrogate, which is half of a character, cannot be sent.
 */
export function isId(value: unknown): value is string {
  return typeof value === 'string' && /^[^\p{C}\p{Z}]{1,500}$/u.test(value) && !/^\.{1,2}$/.test(value);
}

/**
 * The id of an upload names the file of its record, and `config.json` may be in the same folder.
 */
export function isUploadId(value: unknown): value is string {
  return isId(value) && value.toLowerCase() !== 'config';
}

/** Whether a value is a time in Unix seconds that `Date` can hold. */
export function isUnixTime(value: unknown): value is number {
  return typeof value === 'number' && value >= 0 && value <= LAST_SECOND;
}
