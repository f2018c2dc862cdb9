import { join } from 'node:path';
import { acquireLock, NO_WAIT } from '../lock/acquire.ts';
import type { Clock } from '../model/clock.ts';
import { isUploadError, type UploadError } from '../model/errors.ts';
import { corrupt } from '../model/session-errors.ts';
import type { LockOwner } from '../model/session-summary.ts';
import type { SessionStore, State } from './open-store.ts';
import { type SessionRecord, sessionFileName } from './record.ts';
import { openSpools, type Spools, spoolFolder } from './spools.ts';
import { parseRecord } from './validate-record.ts';

/** A saved upload, to look at. */
export interface StoredRecord {
  readonly record: SessionRecord;
  /** The file that it is saved in. */
  readonly path: string;
}

/** The records of one store, to look at and to forget. */
export interface Records {
  /** Where they are, for people: the state directory. */
  readonly directory: string;
  /**
   * Undefined when nothing is saved under that id.
   * @throws UploadError `session_corrupt`, `session_newer`, `session_unreadable`
   */
  read(uploadId: string): Promise<StoredRecord | undefined>;
  /**
   * All records, newest first. `unusable`: what is wrong with those that cannot be read.
   * @throws UploadError `session_unreadable`
   */
  list(): Promise<{ readonly sessions: readonly StoredRecord[]; readonly unusable: readonly UploadError[] }>;
  /** The process that works on an upload; null when none does. @throws UploadError `session_unreadable` */
  owner(uploadId: string): Promise<LockOwner | null>;
  /**
   * Deletes a record for good, with its spool, if `mayGo` still holds for it once it is locked.
   * @returns false when it does not, or when the record is gone already
   * @throws UploadError `session_locked`, `session_unwritable`; as `read`
   */
  forget(uploadId: string, mayGo: (record: SessionRecord) => boolean): Promise<boolean>;
  /** Where the bytes of streams are kept. */
  readonly spools: Spools;
}

export function openRecords({ store, directory }: State, clock: Clock): Records {
  const readNamed = parseOnce(store, directory);
  const read = async (uploadId: string) => checkId(await readNamed(sessionFileName(uploadId)), uploadId);
  const list = () => listRecords(store, readNamed);
  const spools = openSpools(directory, clock, list);

  return {
    directory: store.location,
    read,
    list,
    spools,
    owner: (uploadId) => store.owner(sessionFileName(uploadId)),
    async forget(uploadId, mayGo) {
      if ((await read(uploadId)) === undefined) return false;

      const name = sessionFileName(uploadId);
      const take = () => store.lock(name);
      const lock = await acquireLock({ take, subject: uploadId, clock, lockWait: NO_WAIT });

      try {
        const saved = await read(uploadId);
        if (saved === undefined || !mayGo(saved.record)) return false;

        // The spool goes first: a record whose spool is still there can be forgotten again.
        if (saved.record.spool !== null) await spools.drop(saved.record.spool, uploadId);
        await store.remove(name);
        return true;
      } finally {
        await lock.release();
      }
    },
  };
}

function checkId(saved: StoredRecord | undefined, uploadId: string): StoredRecord | undefined {
  if (saved === undefined || saved.record.uploadId === uploadId) return saved;
  throw corrupt(saved.path, `it is about ${saved.record.uploadId}`);
}

type Read = (name: string) => Promise<StoredRecord | undefined>;

/** A value that the store returns again, because it has not been written since, is not parsed again. */
function parseOnce(store: SessionStore, directory: string): Read {
  const parse = (value: unknown, path: string) => ({
    path,
    record: withSpoolHere(parseRecord(value, path), directory),
  });
  const parsed = new WeakMap<object, StoredRecord>();

  return async (name) => {
    const value = await store.read(name);
    if (value === undefined) return undefined;

    const path = store.placeOf(name);
    if (typeof value !== 'object' || value === null) return parse(value, path);

    const saved = parsed.get(value) ?? parse(value, path);
    parsed.set(value, saved);
    return saved;
  };
}

/** The state directory may have been moved, or restored elsewhere, with the spools in it. */
function withSpoolHere(record: SessionRecord, directory: string): SessionRecord {
  const { spool, source } = record;
  if (spool === null) return record;
  return { ...record, source: { ...source, path: join(spoolFolder(directory), spool) } };
}

async function listRecords(store: SessionStore, read: Read): ReturnType<Records['list']> {
  const sessions: StoredRecord[] = [];
  const unusable: UploadError[] = [];

  for (const name of await store.names()) {
    try {
      const saved = await read(name);
      if (saved) sessions.push(saved);
    } catch (error) {
      if (!isUploadError(error)) throw error;
      unusable.push(error);
    }
  }

  sessions.sort((a, b) => b.record.createdAt - a.record.createdAt);
  return { sessions, unusable };
}
