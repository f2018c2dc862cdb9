import { lstatSync } from 'node:fs';
import { join } from 'node:path';
import { isUploadError, systemCode, UploadError } from '../model/errors.ts';
import { faultOf } from './check-record.ts';
import type { Claim } from './claim.ts';
import { Conf } from './conf.ts';
import { corrupt, parseRecord } from './parse-record.ts';
import type { RecordedPart, SessionRecord } from './record.ts';

/** A saved upload, to look at. */
export interface SavedSession {
  readonly record: SessionRecord;
  /** The record's file. */
  readonly path: string;
}

/** A saved upload that this process alone may change. Every change is on disk, synced, when the call returns. */
export interface Session extends SavedSession {
  /** @throws UploadError `session_unwritable`; `record` is then what it was */
  update(changes: Partial<SessionRecord>): void;
  /** Adds a part, or replaces the one of the same index. @throws as `update` */
  acknowledge(part: RecordedPart): void;
  /** Lets others have it. */
  release(): void;
}

/** Reads `<name>.json`; undefined when there is none. @throws UploadError `session_corrupt`, `session_newer`, `session_unreadable` */
export function readSession(directory: string, name: string): SavedSession | undefined {
  const path = join(directory, `${name}.json`);
  return isRecordFile(path) ? { path, record: recordIn(openExisting(path, directory, name)) } : undefined;
}

/** Opens `<name>.json` to change it, under a lock that the caller has taken. @throws as `readSession` */
export function openSession(directory: string, name: string, lock: Claim): Session | undefined {
  const path = join(directory, `${name}.json`);
  return isRecordFile(path) ? wrap(path, openExisting(path, directory, name), lock) : undefined;
}

/** Writes the first record of an upload. @throws UploadError `session_unwritable` */
export function createSession(directory: string, name: string, record: SessionRecord, lock: Claim): Session {
  const path = join(directory, `${name}.json`);
  if (isRecordFile(path)) throw unwritable(path, new Error('there is a record of that name already'));
  const fault = faultOf({ ...record });
  if (fault !== undefined) throw unwritable(path, new Error(fault));
  return wrap(
    path,
    writing(path, () => openStore(path, directory, name, record)),
    lock,
  );
}

function openExisting(path: string, directory: string, name: string): Store {
  try {
    return openStore(path, directory, name);
  } catch (cause) {
    throw isUploadError(cause) ? cause : unreadable(path, cause);
  }
}

type Store = Conf<Record<string, unknown>>;

/** conf writes `defaults` at once when there is no file yet; each write is a synced temporary file, then a rename. */
function openStore(path: string, directory: string, name: string, defaults?: SessionRecord): Store {
  return new Conf<Record<string, unknown>>({
    cwd: directory,
    configName: name,
    configFileMode: 0o600,
    // What the server sends may have dots in its keys; conf would nest them.
    accessPropertiesByDotNotation: false,
    clearInvalidConfig: false,
    deserialize: (text) => ({ ...parseRecord(text, path) }),
    ...(defaults && { defaults: { ...defaults } }),
  });
}

function recordIn(store: Store): SessionRecord {
  return { ...store.store } as unknown as SessionRecord;
}

function wrap(path: string, store: Store, lock: Claim): Session {
  let record = recordIn(store);
  const update = (changes: Partial<SessionRecord>) => {
    const next = { ...record, ...changes };
    writing(path, () => {
      lock.assertHeld();
      // It may have been replaced by a link meanwhile.
      isRecordFile(path);
      store.store = { ...next };
    });
    record = next;
  };
  return {
    path,
    get record() {
      return record;
    },
    update,
    release: lock.release,
    acknowledge: (part) =>
      update({
        parts: [...record.parts.filter(({ index }) => index !== part.index), part].sort(
          (a, b) => a.index - b.index,
        ),
      }),
  };
}

/** Only a regular file is a record: through a link we could be made to write somewhere else. */
function isRecordFile(path: string): boolean {
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

function writing<T>(path: string, action: () => T): T {
  try {
    return action();
  } catch (cause) {
    throw isUploadError(cause) ? cause : unwritable(path, cause);
  }
}

export function unreadable(path: string, cause: unknown): UploadError {
  const why = cause instanceof Error ? cause.message : String(cause);
  const hint = 'Check the permissions of the state directory, or name another with --state-dir.';
  return new UploadError(
    'session_unreadable',
    { message: `${path} cannot be read: ${why}`, hint },
    { cause },
  );
}

export function unwritable(path: string, cause: unknown): UploadError {
  const why = cause instanceof Error ? cause.message : String(cause);
  const hint = 'Free some space or mend the permissions, or name another place with --state-dir.';
  return new UploadError(
    'session_unwritable',
    { message: `${path} cannot be written: ${why}`, hint },
    { cause },
  );
}
