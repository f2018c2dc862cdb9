import { join } from 'node:path';
import type { Clock } from '../model/clock.ts';
import { isUploadError, type UploadError } from '../model/errors.ts';
import { beganAtMs } from '../model/server-clock.ts';
import { corrupt, onlyUploadError } from '../model/session-errors.ts';
import type { LockOwner } from '../model/state-store.ts';
import { forgetRecord } from './forget-record.ts';
import { sweepLeftovers } from './leftovers.ts';
import type { State } from './open-store.ts';
import { type SessionRecord, sessionFileName } from './record.ts';
import type { ScanOptions } from './scan.ts';
import { openIndex, type SessionIndex } from './session-index.ts';
import { openSpools, type Spools, spoolFolder } from './spools.ts';
import { type Alike, subjectOf, subjectOfAlike, subjectOfSpool } from './subjects.ts';
import { parseRecord } from './validate-record.ts';

/** A saved upload, for reading only. */
export interface StoredRecord {
  readonly record: SessionRecord;
  /** The file of the record. */
  readonly path: string;
  /** True if it is known that no process works on it. */
  readonly isFree?: boolean;
}

/** The fields that identify what a session sends. */
export type Content = Pick<SessionRecord, 'source' | 'cutFrom' | 'spool'>;

/** Sorted with the newest first. `unusable` has an error for each record that cannot be read. */
export interface FoundRecords {
  readonly sessions: readonly StoredRecord[];
  readonly unusable: readonly UploadError[];
}

/** The records of one store, to read and to delete. */
export interface Records {
  /** The state directory, for display. */
  readonly directory: string;
  /**
   * Returns undefined if nothing is saved under this id.
   * @throws UploadError `session_corrupt`, `session_newer`, `session_unreadable`
   */
  read(uploadId: string): Promise<StoredRecord | undefined>;
  /** Returns all records. @throws UploadError `session_unreadable` */
  list(): Promise<FoundRecords>;
  /** Yields all records in no particular order, or the error of a record. @throws like `list` */
  each(): AsyncGenerator<StoredRecord | UploadError>;
  /** Like `each`, some at a time: faster where there may be very many. */
  batches(options?: Pick<ScanOptions, 'inThread'>): AsyncGenerator<readonly (StoredRecord | UploadError)[]>;
  /**
   * Returns the records of a content's unfinished sessions, and of some that have ended. Other
   * records are not read.
   * @throws like `list`
   */
  find(content: Content): Promise<FoundRecords>;
  /** Like `find`, for unfinished sessions of the same size, purpose and account, from any path. */
  findAlike(content: Alike): Promise<FoundRecords>;
  /** Removes an ended session from the results of `find`. @throws UploadError `session_unwritable` */
  leaveOut(record: SessionRecord): void;
  /** Does the same for `findAlike`. Without it, files of the same size would fill one folder. */
  leaveOutAlike(record: SessionRecord): void;
  /** Returns the process that works on an upload, or null. @throws UploadError `session_unreadable` */
  owner(uploadId: string): Promise<LockOwner | null>;
  /**
   * Deletes a record for good, with its spool, if `mayGo` still returns true once it is locked.
   * @returns false if it does not, or if the record is already gone
   * @throws UploadError `session_locked`, `session_unwritable`; like `read`
   */
  forget(uploadId: string, mayGo: (record: SessionRecord) => boolean): Promise<boolean>;
  /** Deletes what dead processes have left, except spools. Returns an error for each file that stays. */
  sweep(): Promise<readonly UploadError[]>;
  /** Where the bytes of streams are kept. */
  readonly spools: Spools;
}

export function openRecords(state: State, clock: Clock): Records {
  const { index: _, ...records } = openIndexedRecords(state, clock);
  return records;
}

/** Like `openRecords`, for callers that add records. */
export function openIndexedRecords(state: State, clock: Clock): Records & { readonly index: SessionIndex } {
  const { store, directory, isOwnStore, signal } = state;
  const stored = (name: string, value: unknown, isFree = false): StoredRecord => {
    const path = store.placeOf(name);
    return { path, record: withSpoolHere(parseRecord(value, path), directory), isFree };
  };
  const readNamed: Read = async (name, scanned) => {
    const value = scanned ?? (await store.read(name));
    return value === undefined ? undefined : stored(name, value);
  };
  const batches = async function* (options: Pick<ScanOptions, 'inThread'> = {}) {
    for await (const scanned of store.scan({ ...options, signal })) {
      const batch: (StoredRecord | UploadError)[] = [];
      for (const { name, isFree, value } of scanned) {
        const found =
          value === undefined ? await readEither(name) : orError(() => stored(name, value, isFree));
        if (found !== undefined) batch.push(found);
      }
      yield batch;
    }
  };
  const each = async function* () {
    for await (const batch of batches()) for (const found of batch) yield found;
  };
  const read = async (uploadId: string) => checkId(await readNamed(sessionFileName(uploadId)), uploadId);
  const readEither = (name: string) => readNamed(name).catch(onlyUploadError);
  const index = openIndex(state, readNamed);
  const readEach = async function* (names: readonly string[]) {
    for (const name of names) {
      const found = await readEither(name);
      if (found !== undefined) yield found;
    }
  };
  const find = async (of: string, stop?: AbortSignal) => collect(readEach(await index.namesOf(of, stop)));
  const leaveOutAlike = (record: SessionRecord) =>
    index.drop(subjectOfAlike(record), sessionFileName(record.uploadId));
  const spools = openSpools(directory, clock, (spool) => find(subjectOfSpool(spool)));

  return {
    directory: store.location,
    read,
    each,
    batches,
    list: () => collect(each()),
    find: (content) => find(subjectOf(content), signal),
    async findAlike(content) {
      const subject = subjectOfAlike(content);
      const { sessions, unusable } = await find(subject, signal);
      const alike = sessions.filter(({ record }) => subjectOfAlike(record) === subject);
      const isOpen = ({ record: { status } }: StoredRecord) =>
        status === 'pending' || status === 'completing';
      for (const { record } of alike.filter((each) => !isOpen(each))) leaveOutAlike(record);
      return { sessions: alike.filter(isOpen), unusable };
    },
    leaveOutAlike,
    leaveOut(record) {
      const subject = subjectOf(record);
      // The subject of a stream is still needed to find out whether its spool may be deleted.
      if (record.spool === null || record.cutFrom !== null)
        index.drop(subject, sessionFileName(record.uploadId));
    },
    sweep: async () => (isOwnStore ? [] : await sweepLeftovers(directory, clock)),
    spools,
    index,
    owner: (uploadId) => store.owner(sessionFileName(uploadId)),
    forget: (uploadId, mayGo) => forgetRecord(uploadId, mayGo, { state, clock, spools, index, read }),
  };
}

function checkId(saved: StoredRecord | undefined, uploadId: string): StoredRecord | undefined {
  if (saved === undefined || saved.record.uploadId === uploadId) return saved;
  throw corrupt(saved.path, `it is about ${saved.record.uploadId}`);
}

type Read = (name: string, scanned?: unknown) => Promise<StoredRecord | undefined>;

/** Corrects the path of the spool, since the state directory may have been moved or restored. */
function withSpoolHere(record: SessionRecord, directory: string): SessionRecord {
  const { spool, source } = record;
  if (spool === null) return record;
  return { ...record, source: { ...source, path: join(spoolFolder(directory), spool) } };
}

async function collect(found: AsyncIterable<StoredRecord | UploadError>): Promise<FoundRecords> {
  const sessions: StoredRecord[] = [];
  const unusable: UploadError[] = [];
  for await (const each of found) {
    if (isUploadError(each)) unusable.push(each);
    else sessions.push(each);
  }

  sessions.sort((a, b) => beganAtMs(b.record) - beganAtMs(a.record));
  return { sessions, unusable };
}

function orError<T>(read: () => T): T | UploadError {
  try {
    return read();
  } catch (error) {
    return onlyUploadError(error);
  }
}
