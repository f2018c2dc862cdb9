import { MAX_PARTS } from '../plan/part-size.ts';
import { planRanges } from '../plan/ranges.ts';
import { measurePlaces } from '../plan/slice-cursor.js';
import { contentBytes, type Slices } from '../plan/slices.ts';
import type { RecordedPart, SessionRecord } from './record.ts';
import { SPOOL_NAME } from './spools.ts';

type Check = (value: unknown) => boolean;
type Checks<T> = { readonly [K in keyof T]-?: Check };

const isText: Check = (value) => typeof value === 'string' && value !== '';
const isCount: Check = (value) => Number.isSafeInteger(value) && (value as number) >= 0;
const isPositive: Check = (value) => Number.isSafeInteger(value) && (value as number) > 0;
const isObject = (value: unknown): value is Record<string, unknown> =>
  typeof value === 'object' && value !== null && !Array.isArray(value);
const orNull =
  (check: Check): Check =>
  (value) =>
    value === null || check(value);
const matches =
  (pattern: RegExp): Check =>
  (value) =>
    typeof value === 'string' && pattern.test(value);
const isOneOf =
  (...values: readonly (string | undefined)[]): Check =>
  (value) =>
    values.includes(value as string);

const isChecksum = matches(/^crc32:[0-9a-f]{8}$/);

const sourceChecks: Checks<SessionRecord['source']> = {
  path: isText,
  bytes: isPositive,
  modifiedNs: matches(/^-?\d+$/),
  changedNs: matches(/^-?\d+$/),
  // Windows has some with the highest bit set, which Node reads as a sign.
  inode: matches(/^-?\d+$/),
};

const partChecks: Checks<RecordedPart> = {
  index: isCount,
  offset: isCount,
  length: isPositive,
  partId: isText,
  checksum: isChecksum,
};

const slicesChecks: Checks<Slices> = {
  bytes: isPositive,
  checksum: isChecksum,
  places: orNull(matches(/^[A-Za-z0-9+/]+={0,2}$/)),
};

/** What a record must look like before a byte of it is trusted; the compiler sees to it that no field is forgotten. */
const recordChecks: Checks<SessionRecord> = {
  schemaVersion: isPositive,
  uploadId: isText,
  status: isOneOf('pending', 'completing', 'completed', 'cancelled', 'expired'),
  baseUrl: isText,
  organization: orNull(isText),
  project: orNull(isText),
  purpose: isText,
  filename: isText,
  mimeType: isText,
  fileLifetimeSeconds: orNull(isPositive),
  createdAt: isCount,
  expiresAt: isCount,
  clockOffsetMs: Number.isFinite,
  source: (value) => isObject(value) && wrongField(value, sourceChecks) === undefined,
  spool: orNull(matches(SPOOL_NAME)),
  slices: orNull((value) => isObject(value) && wrongField(value, slicesChecks) === undefined),
  manifest: (value) => value === undefined || isText(value),
  partBytes: isPositive,
  wantsMd5: (value) => typeof value === 'boolean',
  md5: orNull(matches(/^[0-9a-f]{32}$/)),
  check: isOneOf('due', 'passed', undefined),
  parts: (value) =>
    Array.isArray(value) &&
    value.every((part) => isObject(part) && wrongField(part, partChecks) === undefined),
  file: orNull((value) => isObject(value) && isText(value.id)),
  restartedAs: orNull(isText),
};

/** What is wrong with a record, in words; undefined when nothing is. Fields we do not know are no fault. */
export function faultOf(value: Record<string, unknown>): string | undefined {
  const field = wrongField(value, recordChecks);
  if (field !== undefined)
    return `its field "${field}" is ${field in value ? 'not what it should be' : 'missing'}`;
  const record = value as unknown as SessionRecord;
  if (record.status === 'completed' && record.file === null) return 'it is completed, but names no file';
  return sliceFault(record) ?? partFault(record);
}

/** Only what is completed will never be read again. */
function sliceFault({ slices, source, status }: SessionRecord): string | undefined {
  if (slices === null || (slices.places === null && status === 'completed')) return undefined;
  const measured = slices.places === null ? undefined : measurePlaces(slices.places);
  if (measured === undefined || measured.bytes !== slices.bytes)
    return 'its slices are not what they should be';
  return measured.end > source.bytes ? 'its slices go beyond the end of the source' : undefined;
}

function partFault(record: SessionRecord): string | undefined {
  const { parts, partBytes } = record;
  const bytes = contentBytes(record);
  if (bytes / partBytes > MAX_PARTS) return 'it has more parts than an upload can have';
  const ranges = planRanges(bytes, partBytes);
  const seen = new Set<number>();
  for (const { index, offset, length } of parts) {
    const range = ranges[index];
    if (range?.offset !== offset || range.length !== length)
      return `its part ${index + 1} does not fit the plan`;
    if (seen.has(index)) return `it holds part ${index + 1} twice`;
    seen.add(index);
  }
  return undefined;
}

function wrongField<T>(value: Record<string, unknown>, checks: Checks<T>): string | undefined {
  return Object.entries<Check>(checks as Record<string, Check>).find(
    ([field, check]) => !check(value[field]),
  )?.[0];
}
