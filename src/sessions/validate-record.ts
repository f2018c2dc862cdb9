import { UploadError } from '../model/errors.ts';
import { isId, isUnixTime, isUploadId } from '../model/server-values.ts';
import { corrupt } from '../model/session-errors.ts';
import { DEFAULT_MIN_PART_BYTES, MAX_PARTS, type Range } from '../plan/ranges.ts';
import { type CutFrom, type RecordedPart, SCHEMA_VERSION, type SessionRecord, SPOOL_NAME } from './record.ts';

type Fields = Readonly<Record<string, unknown>>;

/**
 * Migrates a saved value to the current version and validates it. `place` says in messages where it
 * was read.
 * @throws UploadError `session_newer`, `session_corrupt`
 */
export function parseRecord(value: unknown, place: string): SessionRecord {
  if (!isObject(value)) throw corrupt(place, 'it is not a JSON object');

  const { schemaVersion } = value;
  if (typeof schemaVersion === 'number' && schemaVersion > SCHEMA_VERSION) throw newer(place);

  const record = migrateRecord(value);
  const fault = record.schemaVersion === SCHEMA_VERSION ? faultOf(record) : 'its "schemaVersion" is unknown';
  if (fault !== undefined) throw corrupt(place, fault);

  return inFileOrder(record as unknown as SessionRecord);
}

/** Sorts the parts, which are saved in the order in which they are acknowledged. */
function inFileOrder(record: SessionRecord): SessionRecord {
  const isSorted = record.parts.every(({ offset }, at) => offset >= (record.parts[at - 1]?.offset ?? 0));
  return isSorted ? record : { ...record, parts: record.parts.toSorted((a, b) => a.offset - b.offset) };
}

/** Migrations from the version in the key to the next. The tests have a sample of each version. */
const MIGRATIONS: Readonly<Record<number, (record: Fields) => Fields>> = {
  // In version 1 a session could not be started over.
  1: (record) => ({ ...record, restartedAs: null }),
  // In version 2 a source was always a user's file.
  2: (record) => ({ ...record, spool: null }),
  // In version 3 the whole source was always uploaded.
  3: (record) => ({ ...record, slices: null }),
  // In version 4 all parts but the last had the same size.
  4: ({ slices, ...record }) => ({
    ...record,
    minPartBytes: DEFAULT_MIN_PART_BYTES,
    ...(isObject(slices) ? fromSlices(record, slices) : { cutFrom: slices }),
  }),
};

/**
 * In version 4 a piece was only a list of places in the split file. They are dropped here, and
 * resuming a piece without a spool is refused; see `upload/open-source.ts`.
 */
function fromSlices({ source }: Fields, { bytes, checksum }: Fields): Fields {
  if (!isObject(source)) return {};
  return { source: { ...source, bytes }, cutFrom: { path: source.path, checksum } };
}

/** Returns a record of the current or an unknown version unchanged; the validation follows. */
function migrateRecord(record: Fields): Fields {
  const { schemaVersion } = record;
  if (typeof schemaVersion !== 'number' || schemaVersion >= SCHEMA_VERSION) return record;

  const migrate = MIGRATIONS[schemaVersion];
  return migrate ? migrateRecord({ ...migrate(record), schemaVersion: schemaVersion + 1 }) : record;
}

function newer(place: string): UploadError {
  const message = `${place} was written by a newer version of openai-upload`;
  return new UploadError('session_newer', {
    message,
    hint: 'Update openai-upload; the record is left alone.',
  });
}

type Check = (value: unknown) => boolean;
type Checks<T> = { readonly [K in keyof T]-?: Check };

const isText: Check = (value) => typeof value === 'string' && value !== '';
const isCount: Check = (value) => Number.isSafeInteger(value) && (value as number) >= 0;
const isSecond: Check = (value) => isCount(value) && isUnixTime(value);
const isPositive: Check = (value) => Number.isSafeInteger(value) && (value as number) > 0;
const isObject = (value: unknown): value is Fields =>
  typeof value === 'object' && value !== null && !Array.isArray(value);
const orNull = (check: Check): Check => {
  return (value) => value === null || check(value);
};
const matches = (pattern: RegExp): Check => {
  return (value) => typeof value === 'string' && pattern.test(value);
};
const isOneOf = (...values: readonly (string | boolean | undefined)[]): Check => {
  return (value) => values.includes(value as string);
};
const hasFields = <T>(checks: Checks<T>): Check => {
  const wrongField = findWrongField(checks);
  return (value) => isObject(value) && wrongField(value) === undefined;
};

const isChecksum = matches(/^crc32:[0-9a-f]{8}$/);
const isSha256 = matches(/^[0-9a-f]{64}$/);

const sourceChecks: Checks<SessionRecord['source']> = {
  path: isText,
  bytes: isPositive,
  modifiedNs: matches(/^-?\d+$/),
  changedNs: matches(/^-?\d+$/),
  // Windows has inodes with the highest bit set, which Node reads as a sign.
  inode: matches(/^-?\d+$/),
};

const isPart = hasFields<RecordedPart>({
  index: isCount,
  offset: isCount,
  length: isPositive,
  partId: isId,
  checksum: isChecksum,
});

const cutFromChecks: Checks<CutFrom> = {
  path: isText,
  checksum: isChecksum,
  sha256: (value) => value === undefined || isSha256(value),
};

/** The checks that make a record trustworthy. The type ensures that no field is missing. */
const recordChecks: Checks<SessionRecord> = {
  schemaVersion: isPositive,
  uploadId: isUploadId,
  status: isOneOf('pending', 'completing', 'completed', 'cancelled', 'expired'),
  baseUrl: isText,
  organization: orNull(isText),
  project: orNull(isText),
  purpose: isText,
  filename: isText,
  mimeType: isText,
  fileLifetimeSeconds: orNull(isPositive),
  createdAt: isSecond,
  expiresAt: isSecond,
  clockOffsetMs: (value) => Number.isFinite(value) && isUnixTime(Math.abs(value as number) / 1000),
  isLifetimeUnknown: isOneOf(true, undefined),
  source: hasFields(sourceChecks),
  spool: orNull(matches(SPOOL_NAME)),
  cutFrom: orNull(hasFields(cutFromChecks)),
  manifest: (value) => value === undefined || isText(value),
  partBytes: orNull(isPositive),
  minPartBytes: isPositive,
  wantsMd5: (value) => typeof value === 'boolean',
  md5: orNull(matches(/^[0-9a-f]{32}$/)),
  sha256: (value) => value === undefined || value === null || isSha256(value),
  check: isOneOf('due', 'passed', undefined),
  parts: (value) => Array.isArray(value) && value.every(isPart),
  mayHoldMore: isOneOf(true, false, undefined),
  file: orNull((value) => isObject(value) && isId(value.id)),
  restartedAs: orNull(isUploadId),
};

const wrongRecordField = findWrongField(recordChecks);

/** Describes what is wrong with a record; undefined if nothing is. Unknown fields are allowed. */
export function faultOf(value: Fields): string | undefined {
  const field = wrongRecordField(value);
  if (field !== undefined)
    return `its field "${field}" is ${field in value ? 'not what it should be' : 'missing'}`;

  const record = value as unknown as SessionRecord;
  if (record.status === 'completed' && record.file === null) return 'it is completed, but names no file';
  return partFault(record);
}

/** Parts must not overlap, and parts of a fixed size must be where they would be cut. */
function partFault(record: SessionRecord): string | undefined {
  const { parts, partBytes } = record;
  const bytes = record.source.bytes;
  if (partBytes !== null && bytes / partBytes > MAX_PARTS) return 'it has more parts than an upload can have';

  let end = 0;
  const seen = new Set<number>();

  for (const { index, offset, length } of parts.toSorted((a, b) => a.offset - b.offset)) {
    if (seen.has(index)) return `it holds part ${index + 1} twice`;
    seen.add(index);

    const fits = partBytes === null || isCutAt({ index, offset, length }, partBytes, bytes);
    if (!fits || offset < end || offset + length > bytes)
      return `its part ${index + 1} does not fit the plan`;
    end = offset + length;
  }

  return undefined;
}

function isCutAt({ index, offset, length }: Range, partBytes: number, bytes: number): boolean {
  return offset === index * partBytes && length === Math.min(partBytes, bytes - offset);
}

/** Lists the checks only once, because there may be very many records. */
function findWrongField<T>(checks: Checks<T>): (value: Fields) => string | undefined {
  const fields = Object.entries<Check>(checks);
  return (value) => fields.find(([field, check]) => !check(value[field]))?.[0];
}
