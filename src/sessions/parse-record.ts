import { UploadError } from '../model/errors.ts';
import { faultOf } from './check-record.ts';
import { migrateRecord } from './migrate-record.ts';
import { SCHEMA_VERSION, type SessionRecord } from './record.ts';
import { corrupt } from './record-errors.ts';

/** Reads the text of a record. @throws UploadError `session_newer`, `session_corrupt` */
export function parseRecord(text: string, file: string): SessionRecord {
  const value = parseObject(text, file, corrupt);
  const version = value.schemaVersion;
  if (typeof version === 'number' && version > SCHEMA_VERSION) {
    const message = `${file} was written by a newer version of openai-upload`;
    throw new UploadError('session_newer', {
      message,
      hint: 'Update openai-upload; the file is left alone.',
    });
  }
  const record = migrateRecord(value);
  const fault =
    record.schemaVersion === SCHEMA_VERSION ? faultOf(record) : 'its field "schemaVersion" is none of ours';
  if (fault !== undefined) throw corrupt(file, fault);
  return record as unknown as SessionRecord;
}

/** `refuse` makes the error for what is none. */
export function parseObject(text: string, file: string, refuse: typeof corrupt): Record<string, unknown> {
  let value: unknown;
  try {
    value = JSON.parse(text);
  } catch (cause) {
    throw refuse(file, 'it is not valid JSON', cause);
  }
  if (typeof value === 'object' && value !== null && !Array.isArray(value))
    return value as Record<string, unknown>;
  throw refuse(file, 'it is not a JSON object');
}
