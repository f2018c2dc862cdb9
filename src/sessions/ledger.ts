import { join, resolve } from 'node:path';
import { acquireLock, type HeldLock, type LockWait } from '../lock/acquire.ts';
import type { Clock } from '../model/clock.ts';
import { systemCode } from '../model/errors.ts';
import { readFileIfThere, refuseOtherFolders, WRONG_KIND } from '../model/file-access.ts';
import { reading, unreadable, writing, writingAsync } from '../model/session-errors.ts';
import { untilAborted } from '../model/signals.ts';
import {
  type Content,
  corruptEntry,
  entryName,
  LEDGER_VERSION,
  type LedgerEntry,
  parseEntry,
} from './ledger-entry.ts';
import { takeStateLock } from './leftovers.ts';
import type { State } from './open-store.ts';
import { makeFolder } from './saved-file.ts';
import { writeSavedFileTogether } from './write-together.ts';

/**
 * Lists what was completed from a state directory, or from several whose files were merged. Each
 * entry is a small file named after its content. The ledger is separate from the sessions, so a
 * prune leaves it alone.
 */
export interface Ledger {
  /** False when a caller's own store leaves no place for a ledger. */
  readonly isKept: boolean;
  /**
   * Returns the entry of this content, or else an entry of an older version that knows only its
   * MD5. Undefined if there is neither.
   * @throws UploadError `session_corrupt`, `session_newer`, `session_unreadable`
   */
  read(content: Content): LedgerEntry | undefined;
  /**
   * Replaces the entry. One that cannot be read stays.
   * @throws like `read`; `session_unwritable`
   */
  write(entry: Omit<LedgerEntry, 'schemaVersion'>): Promise<void>;
  /**
   * Locks this content for uploading. The wait for the same process has no limit; for other
   * processes `lockWait` limits it.
   * @throws UploadError `session_locked`, `session_unwritable`; the signal's reason
   */
  lock(content: Content, subject: string, lockWait: LockWait): Promise<HeldLock>;
}

/**
 * A caller's own store has no folder for a ledger. The completed sessions and the store's locks
 * serve instead.
 */
export function openLedger({ store, directory, isOwnStore, signal }: State, clock: Clock): Ledger {
  const folder = resolve(directory, 'ledger');
  const pathOf = (content: Content) => join(folder, `${entryName(content)}.json`);
  const enter = createKeyedMutex();
  const readExactly = (content: Content) => {
    if (isOwnStore) return undefined;
    reading(folder, () => refuseOtherFolders(folder));
    return readEntry(pathOf(content), content);
  };

  const take = async (name: string) => {
    if (isOwnStore) return await store.lock(`content-${name}`);

    // Locks lie beside the entries. On NFS, creating a lock in a folder makes everything visible
    // that other machines have created there.
    writing(folder, () => makeFolder(folder));
    return takeStateLock(join(folder, `${name}.lock`), directory, clock, signal);
  };

  return {
    isKept: !isOwnStore,
    read: (content) => readExactly(content) ?? readExactly({ ...content, sha256: null }),
    async write(entry) {
      if (isOwnStore) return;
      const { uploadId: _, file: __, ...content } = entry;
      if (readExactly(content)?.file.id === entry.file.id) return;

      const text = JSON.stringify({ schemaVersion: LEDGER_VERSION, ...entry }, null, 2);
      const path = pathOf(entry);
      await writingAsync(path, async () => {
        makeFolder(folder);
        await writeSavedFileTogether(path, `${text}\n`, directory);
      });
    },
    async lock(content, subject, lockWait) {
      const name = entryName(content);
      const leave = await enter(name, lockWait.signal);

      try {
        const held = await acquireLock({ take: () => take(name), subject, clock, lockWait });
        return {
          assertHeld: held.assertHeld,
          async release() {
            await held.release();
            leave();
          },
        };
      } catch (error) {
        leave();
        throw error;
      }
    },
  };
}

function readEntry(path: string, content: Content): LedgerEntry | undefined {
  try {
    const text = readFileIfThere(path, { isSaved: true });
    return text === undefined ? undefined : parseEntry(text, path, content);
  } catch (cause) {
    const isOtherKind = cause instanceof Error && systemCode(cause) === WRONG_KIND;
    throw isOtherKind ? corruptEntry(path, cause.message, cause) : unreadable(path, cause);
  }
}

/**
 * Creates a mutex for each name within this process, where a lock file would only say that we hold
 * it already. It is first come, first served. The returned function leaves the mutex.
 * @throws the signal's reason
 */
function createKeyedMutex(): (name: string, signal: AbortSignal) => Promise<() => void> {
  const tails = new Map<string, Promise<unknown>>();

  return async (name, signal) => {
    const before = tails.get(name);
    const { promise: left, resolve: leave } = withResolvers();
    const tail = Promise.all([before, left]);
    tails.set(name, tail);
    void tail.then(() => {
      if (tails.get(name) === tail) tails.delete(name);
    });

    try {
      await untilAborted(Promise.resolve(before), signal);
      return leave;
    } catch (error) {
      leave();
      throw error;
    }
  };
}

function withResolvers(): { readonly promise: Promise<void>; readonly resolve: () => void } {
  let resolve: () => void = () => undefined;
  const promise = new Promise<void>((onResolve) => {
    resolve = onResolve;
  });
  return { promise, resolve };
}
