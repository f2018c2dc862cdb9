import { join } from 'node:path';
import { isUploadError } from '../model/errors.ts';
import { Conf } from '../storage/conf.ts';
import { faultOf } from './check-record.ts';
import type { Claim } from './claim.ts';
import { parseRecord } from './parse-record.ts';
import { isRecordFile, type SavedRecord } from './read-record.ts';
import type { RecordedPart, SessionRecord } from './record.ts';
import { unreadable, unwritable } from './record-errors.ts';

/** A saved upload that this process alone may change. Every change is on disk, synced, when the call returns. */
export interface Session extends SavedRecord {
  /** @throws UploadError `session_unwritable`; `record` is then what it was */
  update(changes: Partial<SessionRecord>): void;
  /** Adds a part, or replaces the one of the same index. @throws as `update` */
  acknowledge(part: RecordedPart): void;
  /** Lets others have it. */
  release(): void;
}

/** Opens `<name>.json` to change it, under a lock that the caller has taken. @throws as `readRecord` */
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

function writing<T>(path: string, action: () => T): T {
  try {
    return action();
  } catch (cause) {
    throw isUploadError(cause) ? cause : unwritable(path, cause);
  }
}
