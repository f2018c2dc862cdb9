/**
 * What a server may say, at the border and again when a record is read: what is in it came from a
 * server, and the file may have been changed.
 */

/**
 * The last second that a Date can hold. The times of a server that counts in microseconds are
 * beyond it.
 */
const LAST_SECOND = 8_640_000_000_000;

/**
 * An id becomes a segment of a URL, where `.` and `..` would name another call, and is shown on a
 * terminal. Half of a character (a lone surrogate) cannot be sent.
 */
export function isId(value: unknown): value is string {
  return typeof value === 'string' && /^[^\p{C}\p{Z}]{1,500}$/u.test(value) && !/^\.{1,2}$/.test(value);
}

/** Its record is a file of that name, and `config.json` may lie in the same folder. */
export function isUploadId(value: unknown): value is string {
  return isId(value) && value.toLowerCase() !== 'config';
}

/** In Unix seconds, as `Date` can hold it. */
export function isUnixTime(value: unknown): value is number {
  return typeof value === 'number' && value >= 0 && value <= LAST_SECOND;
}
