import type { FileObject } from './upload.ts';

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
  if (typeof value !== 'string' || value === '.' || value === '..') return false;
  // The first pattern is enough for most ids. Node needs a millisecond to compile the second.
  return /^[!-~]{1,500}$/.test(value) || /^[^\p{C}\p{Z}]{1,500}$/u.test(value);
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

/** Some servers write numbers as text. */
function numberOf(value: unknown): number | undefined {
  if (typeof value === 'string') return /^\d+$/.test(value) ? Number(value) : undefined;
  return typeof value === 'number' ? value : undefined;
}

/** Whole Unix seconds. Some servers write a date with its zone instead. */
export function secondsOf(time: unknown): number | null {
  const isDate = typeof time === 'string' && /^\d{4}-\d\d-\d\dT.*(Z|[+-]\d\d:?\d\d)$/i.test(time);
  const seconds = isDate ? Date.parse(time) / 1000 : numberOf(time);
  return isUnixTime(seconds) ? Math.floor(seconds) : null;
}

const textOf = (value: unknown) => (typeof value === 'string' ? value : undefined);
const timeOf = (value: unknown) => secondsOf(value) ?? undefined;

/** What we read of a file besides its id. */
const FILE_FIELDS = Object.entries({
  bytes: numberOf,
  created_at: timeOf,
  expires_at: timeOf,
  filename: textOf,
  purpose: textOf,
});

/**
 * An id is enough. A field in a form that we do not know counts as missing, except a number of bytes
 * that no file can have: it is not what was sent.
 */
export function fileOf(value: unknown): FileObject | undefined {
  const fields = (value ?? {}) as Readonly<Record<string, unknown>>;
  if (!isId(fields.id)) return undefined;

  const given = FILE_FIELDS.filter(([name]) => fields[name] != null);
  return {
    ...(value as FileObject),
    ...Object.fromEntries(given.map(([name, read]) => [name, read(fields[name])])),
  };
}
