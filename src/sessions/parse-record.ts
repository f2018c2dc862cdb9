import { UploadError } from '../model/errors.ts';
import { corrupt } from '../model/session-errors.ts';
import { migrateRecord } from './migrate-record.ts';
import { SCHEMA_VERSION, type SessionRecord } from './record.ts';
import { faultOf } from './validate-record.ts';

/** Makes a record of what was saved. `place` is where. @throws UploadError `session_newer`, `session_corrupt` */
export function parseRecord(value: unknown, place: string): SessionRecord {
  if (typeof value !== 'object' || value === null || Array.isArray(value))
    throw corrupt(place, 'it is not a JSON object');
  const fields = value as Readonly<Record<string, unknown>>;
  const version = fields.schemaVersion;
  if (typeof version === 'number' && version > SCHEMA_VERSION) {
    const message = `${place} was written by a newer version of openai-upload`;
    throw new UploadError('session_newer', { message, hint: 'Update openai-upload; it is left alone.' });
  }
  const record = migrateRecord(fields);
  const fault =
    record.schemaVersion === SCHEMA_VERSION ? faultOf(record) : 'its field "schemaVersion" is none of ours';
  if (fault !== undefined) throw corrupt(place, fault);
  return record as unknown as SessionRecord;
}
