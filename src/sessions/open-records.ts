import { lstatSync, readdirSync, rmSync } from 'node:fs';
import { join } from 'node:path';
import type { Clock } from '../model/clock.ts';
import { isUploadError, systemCode, type UploadError } from '../model/errors.ts';
import type { LockHolder } from '../model/saved-session.ts';
import { CONFIG_FILE } from '../storage/platform.ts';
import { claim } from './claim.ts';
import { holderOf } from './lock.ts';
import { readRecord, type SavedRecord } from './read-record.ts';
import type { SessionRecord } from './record.ts';
import { corrupt, unreadable, unwritable } from './record-errors.ts';
import { sessionFileName } from './session-file-name.ts';
import { openSpools, type Spools } from './spools.ts';

/** The records of one state directory, to look at and to forget. */
export interface Records {
  readonly directory: string;
  /** Undefined when nothing is saved under that id. @throws UploadError `session_corrupt`, `session_newer`, `session_unreadable` */
  read(uploadId: string): SavedRecord | undefined;
  /** All of them, newest first, and apart from them what is wrong with those that cannot be read. @throws UploadError `session_unreadable` */
  list(): { readonly sessions: readonly SavedRecord[]; readonly unusable: readonly UploadError[] };
  /** The process that works on an upload; null when none does. @throws UploadError `session_unreadable` */
  holder(uploadId: string): LockHolder | null;
  /**
   * Deletes a record for good, with its spool, under its lock, when `mayGo` still holds of it then.
   * @returns false when it does not, or when the record is gone already
   * @throws UploadError `session_locked`, `session_unwritable`; as `read`
   */
  forget(uploadId: string, mayGo: (record: SessionRecord) => boolean): Promise<boolean>;
  /** Where the bytes of streams are kept. */
  readonly spools: Spools;
}

export function openRecords(directory: string, clock: Clock): Records {
  const read = (uploadId: string) => checkId(readRecord(directory, sessionFileName(uploadId)), uploadId);
  const readKnown = rereadChanged((name) => readRecord(directory, name), directory);
  const list = () => listRecords(directory, readKnown);
  const spools = openSpools(directory, clock, list);
  return {
    directory,
    read,
    list,
    spools,
    holder: (uploadId) => findHolder(lockPath(directory, uploadId), clock),
    async forget(uploadId, mayGo) {
      if (read(uploadId) === undefined) return false;
      const lock = await claim(lockPath(directory, uploadId), uploadId, clock, AT_ONCE);
      try {
        const saved = read(uploadId);
        if (saved === undefined || !mayGo(saved.record)) return false;
        // First: a record whose spool is still there can be forgotten once more.
        if (saved.record.spool !== null) spools.drop(saved.record.spool, uploadId);
        removeRecord(directory, saved.path);
        return true;
      } finally {
        lock.release();
      }
    },
  };
}

const AT_ONCE = { waitMs: 0, signal: new AbortController().signal, onWait: () => undefined };

export function lockPath(directory: string, uploadId: string): string {
  return join(directory, `${sessionFileName(uploadId)}.lock`);
}

function checkId(saved: SavedRecord | undefined, uploadId: string): SavedRecord | undefined {
  if (saved === undefined || saved.record.uploadId === uploadId) return saved;
  throw corrupt(saved.path, `it speaks of ${saved.record.uploadId}`);
}

type Read = (name: string) => SavedRecord | undefined;

/** Each of a thousand files that are pushed looks at all records, also at those of the others; few have changed since. */
function rereadChanged(read: Read, directory: string): Read {
  const known = new Map<string, { readonly stamp: string; readonly saved: SavedRecord }>();
  return (name) => {
    const stamp = stampOf(join(directory, `${name}.json`));
    const before = known.get(name);
    if (before !== undefined && before.stamp === stamp) return before.saved;
    const saved = read(name);
    if (saved !== undefined && stamp !== undefined) known.set(name, { stamp, saved });
    return saved;
  };
}

/** Changes with every write, which is a rename. */
function stampOf(path: string): string | undefined {
  try {
    const { ino, size, ctimeNs } = lstatSync(path, { bigint: true });
    return [ino, size, ctimeNs].join(' ');
  } catch {
    // Whoever reads it will say what is wrong.
    return undefined;
  }
}

function listRecords(directory: string, read: Read): ReturnType<Records['list']> {
  const sessions: SavedRecord[] = [];
  const unusable: UploadError[] = [];
  for (const name of namesIn(directory).filter(isRecordName)) {
    try {
      const saved = read(name.slice(0, -'.json'.length));
      if (saved) sessions.push(saved);
    } catch (error) {
      if (!isUploadError(error)) throw error;
      unusable.push(error);
    }
  }
  sessions.sort((a, b) => b.record.createdAt - a.record.createdAt);
  return { sessions, unusable };
}

function isRecordName(file: string): boolean {
  return file.endsWith('.json') && file !== CONFIG_FILE;
}

/** In the same order each time. */
function namesIn(directory: string): readonly string[] {
  try {
    return readdirSync(directory).sort();
  } catch (cause) {
    if (systemCode(cause) === 'ENOENT') return [];
    throw unreadable(directory, cause);
  }
}

function findHolder(path: string, clock: Clock): LockHolder | null {
  try {
    const holder = holderOf(path, clock.now());
    if (holder === undefined) return null;
    return { pid: holder?.pid ?? null, host: holder?.host.split(' ')[0] ?? null };
  } catch (cause) {
    throw unreadable(path, cause);
  }
}

/** What a killed writer has left beside it goes too: it holds the same. */
function removeRecord(directory: string, path: string): void {
  const drafts = namesIn(directory)
    .map((name) => join(directory, name))
    .filter((file) => file.startsWith(`${path}.`));
  try {
    for (const file of [path, ...drafts]) rmSync(file, { force: true });
  } catch (cause) {
    throw unwritable(path, cause);
  }
}
