import { lstatSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { isUploadError, systemCode } from '../model/errors.ts';
import { parseRecord } from './parse-record.ts';
import type { SessionRecord } from './record.ts';
import { corrupt, unreadable } from './record-errors.ts';

/** A saved upload, to look at. */
export interface SavedRecord {
  readonly record: SessionRecord;
  /** The record's file. */
  readonly path: string;
}

/**
 * Reads `<name>.json`; undefined when there is none. Every write is a rename, so it is whole without a lock; conf, which
 * writes it, takes longer to load than all of this.
 * @throws UploadError `session_corrupt`, `session_newer`, `session_unreadable`
 */
export function readRecord(directory: string, name: string): SavedRecord | undefined {
  const path = join(directory, `${name}.json`);
  if (!isRecordFile(path)) return undefined;
  try {
    return { path, record: parseRecord(readFileSync(path, 'utf8'), path) };
  } catch (cause) {
    if (isUploadError(cause)) throw cause;
    // Forgotten at this moment.
    if (systemCode(cause) === 'ENOENT') return undefined;
    throw unreadable(path, cause);
  }
}

/** Only a regular file is a record: through a link we could be made to write somewhere else. */
export function isRecordFile(path: string): boolean {
  let isFile: boolean;
  try {
    isFile = lstatSync(path).isFile();
  } catch (cause) {
    if (systemCode(cause) === 'ENOENT') return false;
    throw unreadable(path, cause);
  }
  if (!isFile) throw corrupt(path, 'it is a link or a directory, not a file');
  return true;
}
