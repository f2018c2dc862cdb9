import { SCHEMA_VERSION } from './record.ts';

type Fields = Readonly<Record<string, unknown>>;

/** What brings a record of the version in the key to the next one. A sample of each version is kept with the tests. */
const STEPS: Readonly<Record<number, (record: Fields) => Fields>> = {
  // 1: sessions could not be started over.
  1: (record) => ({ ...record, restartedAs: null }),
  // 2: a source was always the user's own file.
  2: (record) => ({ ...record, spool: null }),
  // 3: all of the source was uploaded.
  3: (record) => ({ ...record, slices: null }),
};

/** Brings a record to the present version; one that is of no older version comes back as it is, to be checked. */
export function migrateRecord(record: Fields): Fields {
  const { schemaVersion } = record;
  if (typeof schemaVersion !== 'number' || schemaVersion >= SCHEMA_VERSION) return record;
  const step = STEPS[schemaVersion];
  return step ? migrateRecord({ ...step(record), schemaVersion: schemaVersion + 1 }) : record;
}
