import type { HeldLock } from '../lock/acquire.ts';
import { isUploadError } from '../model/errors.ts';
import { unwritable } from '../model/session-errors.ts';
import { DEFAULT_MIN_PART_BYTES } from '../plan/ranges.ts';
import type { SessionStore } from './open-store.ts';
import type { RecordedPart, SessionRecord } from './record.ts';
import type { StoredRecord } from './records.ts';
import { faultOf } from './validate-record.ts';

/**
 * A saved upload that only this process may change. A change is saved once its promise resolves.
 */
export interface SessionHandle extends StoredRecord {
  /**
   * Whether the server may have received a part that is not in the record, because its response was
   * lost or a run was killed.
   */
  readonly mayHoldMore: boolean;
  /**
   * Saves, before the first part is sent, that a kill may lose a part from now on.
   * @throws like `update`
   */
  startSending(): Promise<void>;
  /** Notes that the response to a part will not come. */
  losePart(): void;
  /** @throws UploadError `session_unwritable`, `session_locked`; then `record` is unchanged */
  update(changes: Partial<SessionRecord>): Promise<void>;
  /** Replaces an upload that is over with a new one to which the server gave the same id. @throws like `update` */
  succeed(record: SessionRecord): Promise<void>;
  /** Adds a part, or replaces the one with the same index. @throws like `update` */
  acknowledge(part: RecordedPart): Promise<void>;
  /** Lets other processes change the session. */
  release(): Promise<void>;
}

interface Place {
  readonly store: SessionStore;
  readonly name: string;
  readonly lock: HeldLock;
}

/**
 * Writes the first record of an upload.
 * @throws UploadError `session_unwritable`; `session_corrupt` if something else is in its place
 */
export async function createSession(record: SessionRecord, place: Place): Promise<SessionHandle> {
  const { store, name } = place;
  const path = store.placeOf(name);

  if ((await store.read(name)) !== undefined)
    throw unwritable(path, new Error('there is a record of that name already'));

  refuseFaulty(record, path);
  await store.write(name, { ...record });
  return openSession(record, place, false);
}

/** Refuses to save a record that could not be read again. */
function refuseFaulty(record: SessionRecord, path: string): void {
  const fault = faultOf({ ...record });
  if (fault !== undefined) throw unwritable(path, new Error(fault));
}

/** Opens a record for changes. It must have been read after the caller took its lock. */
export function openSession(
  saved: SessionRecord,
  { store, name, lock }: Place,
  mayHoldMore = saved.mayHoldMore ?? true,
): SessionHandle {
  const path = store.placeOf(name);
  let record = saved;
  let last: Promise<unknown> = Promise.resolve();
  /** Parts that the next change saves, all in one write. */
  let unsaved: RecordedPart[] = [];
  let saving: Promise<void> | undefined;
  /** Whether the record is complete in its one file. */
  let isWhole = true;
  let hasLostPart = mayHoldMore;

  /** Runs one change after the other, each on the result of the one before. */
  const inTurn = (change: () => Promise<void>): Promise<void> => {
    const changed = last.then(async () => {
      await assertHeld(lock, path);
      await change();
    });

    last = changed.catch(() => undefined);
    return changed;
  };

  const write = async (changed: SessionRecord) => {
    await store.write(name, { ...changed });
    record = changed;
    isWhole = true;
  };

  const saveParts = async () => {
    const parts = unsaved;
    [unsaved, saving] = [[], undefined];
    const changed = { ...record, parts: parts.reduce(withPart, record.parts) };
    const areNew = changed.parts.length === record.parts.length + parts.length;
    if (!areNew || store.append === undefined) return await write(changed);

    await store.append(
      name,
      'parts',
      parts.map((part) => ({ ...part })),
    );
    record = changed;
    isWhole = false;
  };

  return {
    path,
    get record() {
      return record;
    },
    get mayHoldMore() {
      return hasLostPart;
    },
    async startSending() {
      if (!record.mayHoldMore) await inTurn(() => write({ ...record, mayHoldMore: true }));
    },
    losePart() {
      hasLostPart = true;
    },
    update(changes) {
      hasLostPart ||= changes.mayHoldMore === true;
      return inTurn(() => write({ ...record, ...changes }));
    },
    async succeed(successor) {
      refuseFaulty(successor, path);
      // An old response may have repeated the id, of an upload that still has parts.
      hasLostPart = true;
      await inTurn(() => write(successor));
    },
    async acknowledge(part) {
      if (part.length === record.source.bytes && part.length <= DEFAULT_MIN_PART_BYTES) {
        // A small file in one part. Sending it again costs less than saving it separately. The
        // change before *complete* saves it, or else the release.
        [record, isWhole] = [{ ...record, parts: [part] }, false];
        return;
      }

      unsaved.push(part);
      saving ??= inTurn(saveParts).catch((error: unknown) => {
        hasLostPart = true;
        throw error;
      });
      await saving;
    },
    async release() {
      const isOpen = record.status === 'pending' || record.status === 'completing';
      const last = isOpen && record.mayHoldMore && !hasLostPart ? { ...record, mayHoldMore: false } : record;
      // If the record no longer fits on the disk, its parts are just as safe in the journal.
      if (!isWhole || last !== record) await inTurn(() => write(last)).catch(ignoreUploadError);
      await lock.release();
    },
  };
}

function ignoreUploadError(error: unknown): void {
  if (!isUploadError(error)) throw error;
}

async function assertHeld(lock: HeldLock, path: string): Promise<void> {
  try {
    await lock.assertHeld();
  } catch (cause) {
    throw unwritable(path, cause);
  }
}

/** Keeps the parts in file order. */
function withPart(parts: readonly RecordedPart[], part: RecordedPart): readonly RecordedPart[] {
  const others = parts.filter(({ index }) => index !== part.index);
  const after = others.findLastIndex(({ offset }) => offset < part.offset);
  return others.toSpliced(after + 1, 0, part);
}
