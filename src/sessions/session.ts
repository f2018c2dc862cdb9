import type { HeldLock } from '../lock/acquire.ts';
import { isUploadError } from '../model/errors.ts';
import { unwritable } from '../model/session-errors.ts';
import type { SessionStore } from './open-store.ts';
import type { RecordedPart, SessionRecord } from './record.ts';
import type { StoredRecord } from './records.ts';
import { faultOf } from './validate-record.ts';

/** A saved upload that this process alone may change. A change is saved for good once its promise resolves. */
export interface SessionHandle extends StoredRecord {
  /** @throws UploadError `session_unwritable`, `session_locked`; then `record` is unchanged */
  update(changes: Partial<SessionRecord>): Promise<void>;
  /** Adds a part, or replaces the one of the same index. @throws as `update` */
  acknowledge(part: RecordedPart): Promise<void>;
  /** Lets other processes change it. */
  release(): Promise<void>;
}

interface Place {
  readonly store: SessionStore;
  readonly name: string;
  readonly lock: HeldLock;
}

/**
 * Writes the first record of an upload.
 * @throws UploadError `session_unwritable`; `session_corrupt` when something else is in its place
 */
export async function createSession(record: SessionRecord, place: Place): Promise<SessionHandle> {
  const { store, name } = place;
  const path = store.placeOf(name);

  if ((await store.read(name)) !== undefined)
    throw unwritable(path, new Error('there is a record of that name already'));

  const fault = faultOf({ ...record });
  if (fault !== undefined) throw unwritable(path, new Error(fault));

  await store.write(name, { ...record });
  return openSession(record, place);
}

/** Opens a record, which was read after the caller had taken its lock, to change it. */
export function openSession(saved: SessionRecord, { store, name, lock }: Place): SessionHandle {
  const path = store.placeOf(name);
  let record = saved;
  let last: Promise<unknown> = Promise.resolve();

  /** One change after another: each begins with the result of the one before. */
  const change = (next: (record: SessionRecord) => SessionRecord): Promise<void> => {
    const changed = last.then(async () => {
      const changedRecord = next(record);
      await assertHeld(lock, path);
      await store.write(name, { ...changedRecord });
      record = changedRecord;
    });

    last = changed.catch(() => undefined);
    return changed;
  };

  return {
    path,
    get record() {
      return record;
    },
    update: (changes) => change((before) => ({ ...before, ...changes })),
    acknowledge: (part) => change((before) => ({ ...before, parts: withPart(before.parts, part) })),
    release: () => lock.release(),
  };
}

async function assertHeld(lock: HeldLock, path: string): Promise<void> {
  try {
    await lock.assertHeld();
  } catch (cause) {
    throw isUploadError(cause) ? cause : unwritable(path, cause);
  }
}

function withPart(parts: readonly RecordedPart[], part: RecordedPart): readonly RecordedPart[] {
  return [...parts.filter(({ index }) => index !== part.index), part].sort((a, b) => a.index - b.index);
}
