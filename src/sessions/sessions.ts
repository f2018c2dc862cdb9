import { hash } from 'node:crypto';
import {
  acquireLock,
  acquireToDelete,
  fileLockOwner,
  type HeldLock,
  type LockWait,
} from '../lock/acquire.ts';
import type { Clock } from '../model/clock.ts';
import { isUploadError } from '../model/errors.ts';
import { type Ledger, openLedger } from './ledger.ts';
import { takeStateLock } from './leftovers.ts';
import type { State } from './open-store.ts';
import { type SessionRecord, sessionFileName } from './record.ts';
import { type Content, openIndexedRecords, type Records } from './records.ts';
import { createSession, openSession, type SessionHandle } from './session.ts';
import type { SessionIndex } from './session-index.ts';
import { subjectOf, subjectsOf } from './subjects.ts';

export type { HeldLock, LockWait };

/** The saved uploads of one store. */
export interface Sessions extends Records {
  /**
   * Saves a new upload, and keeps it locked for this process. When the server gave it the id of an
   * upload that is over, `replaced`, which this process holds, that handle becomes the new one's.
   * @throws UploadError `session_unwritable`
   */
  create(record: SessionRecord, lockWait: LockWait, replaced?: SessionHandle): Promise<SessionHandle>;
  /**
   * Like `read`, but for changes: the session is locked for this process until it is released.
   * @throws like `read`; `session_locked`
   */
  open(uploadId: string, lockWait: LockWait): Promise<SessionHandle | undefined>;
  /**
   * Locks a source, or a piece of a file, to keep two processes from creating uploads of it at
   * once.
   * @throws UploadError `session_locked`
   */
  lockContent(content: Content, lockWait: LockWait): Promise<HeldLock>;
  /**
   * Locks a user's file with a lock beside it, which applies to every state directory.
   * @throws like `lockContent`
   */
  lockFile(path: string, lockWait: LockWait): Promise<HeldLock>;
  /**
   * Like `lockFile`, but to delete the file. Works on a full disk, too.
   * @throws like `lockContent`
   */
  lockToDelete(path: string): Promise<HeldLock>;
  /** What was completed. */
  readonly ledger: Ledger;
}

export function openSessions(state: State, clock: Clock): Sessions {
  const { store, directory, signal } = state;
  const { index, ...records } = openIndexedRecords(state, clock);
  const lockNamed = (name: string, subject: string, lockWait: LockWait) =>
    acquireLock({ take: () => store.lock(name), subject, clock, lockWait });

  const fileLock = (path: string) => ({
    take: async () => takeStateLock(`${path}.lock`, directory, clock, signal),
    owner: async () => fileLockOwner(`${path}.lock`, clock.now()),
    subject: path,
    clock,
  });

  return {
    ...records,
    ledger: openLedger(state, clock),
    async create(record, lockWait, replaced) {
      const name = sessionFileName(record.uploadId);
      if (replaced?.record.uploadId === record.uploadId) {
        const subjects = subjectsOf(record);
        const others = subjectsOf(replaced.record).filter((subject) => !subjects.includes(subject));
        await index.add(name, record);
        await replaced.succeed(record);
        dropQuietly(index, others, name);
        return replaced;
      }
      const lock = await lockNamed(name, record.uploadId, lockWait);
      return await releaseOnFailure(lock, async () => {
        await index.add(name, record);
        return await createSession(record, { store, name, lock });
      });
    },
    async open(uploadId, lockWait) {
      if ((await records.read(uploadId)) === undefined) return undefined;

      const name = sessionFileName(uploadId);
      const lock = await lockNamed(name, uploadId, lockWait);
      const saved = await releaseOnFailure(lock, () => records.read(uploadId));
      if (saved !== undefined) return openSession(saved.record, { store, name, lock });

      await lock.release();
      return undefined;
    },
    lockContent(content, lockWait) {
      const { path } = content.cutFrom ?? content.source;
      const digest = hash('sha256', subjectOf(content)).slice(0, 32);
      return lockNamed(`source-${digest}`, path, lockWait);
    },
    lockFile: (path, lockWait) => acquireLock({ ...fileLock(path), lockWait }),
    lockToDelete: (path) => acquireToDelete(fileLock(path)),
  };
}

/** What the upload was about before. An entry too many only costs a look. */
function dropQuietly(index: SessionIndex, subjects: readonly string[], name: string): void {
  try {
    for (const subject of subjects) index.drop(subject, name);
  } catch (error) {
    if (!isUploadError(error)) throw error;
  }
}

async function releaseOnFailure<T>(lock: HeldLock, action: () => Promise<T>): Promise<T> {
  try {
    return await action();
  } catch (error) {
    await lock.release();
    throw error;
  }
}
