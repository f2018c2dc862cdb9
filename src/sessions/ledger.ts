import { lstatSync, readFileSync } from 'node:fs';
import { join, resolve } from 'node:path';
import { acquireLock, type HeldLock, type LockWait } from '../lock/acquire.ts';
import { takeFileLock } from '../lock/file-lock.ts';
import type { Clock } from '../model/clock.ts';
import { isUploadError, systemCode } from '../model/errors.ts';
import { unreadable, unwritable } from '../model/session-errors.ts';
import { createKeyedMutex } from './keyed-mutex.ts';
import type { LedgerEntry } from './ledger-entry.ts';
import { type Content, corruptEntry, entryName, LEDGER_VERSION, parseEntry } from './ledger-entry.ts';
import { makeDirectory } from './make-directory.ts';
import type { State } from './open-store.ts';
import { writeSynced } from './write-synced.ts';

/**
 * What was completed from one state directory, or from several whose files were put together: one small file an entry, named by
 * its content. It does not go with the sessions: a prune leaves it alone.
 */
export interface Ledger {
  /** Undefined when nothing is known. @throws UploadError `session_corrupt`, `session_newer`, `session_unreadable` */
  read(content: Content): LedgerEntry | undefined;
  /** In the place of what was known before; what cannot be read stays. @throws as `read`; `session_unwritable` */
  write(entry: Omit<LedgerEntry, 'schemaVersion'>): void;
  /**
   * Claims the right to upload that content. In this process one waits for the other however long it takes; for other processes
   * as long as told. @throws UploadError `session_locked`, `session_unwritable`; the signal's reason
   */
  lock(content: Content, subject: string, lockWait: LockWait): Promise<HeldLock>;
}

/** A caller's own store has no folder for it: there the completed sessions have to do, and the store's locks. */
export function openLedger({ store, directory, isOwnStore }: State, clock: Clock): Ledger {
  const folder = resolve(directory, 'ledger');
  const pathOf = (content: Content) => join(folder, `${entryName(content)}.json`);
  const turns = createKeyedMutex();
  const read = (content: Content) => (isOwnStore ? undefined : readEntry(pathOf(content), content));
  // Beside the entries: over NFS, who makes a lock in a folder sees all that others have made there.
  const lock = async (name: string) => {
    if (isOwnStore) return await store.lock(`content-${name}`);
    writing(folder, () => undefined);
    return takeFileLock(join(folder, `${name}.lock`), clock);
  };
  return {
    read,
    write(entry) {
      if (isOwnStore) return;
      if (read(contentOf(entry))?.file.id === entry.file.id) return;
      const text = JSON.stringify({ schemaVersion: LEDGER_VERSION, ...entry }, null, 2);
      writing(folder, () => writeSynced(pathOf(entry), `${text}\n`));
    },
    async lock(content, subject, lockWait) {
      const name = entryName(content);
      const leave = await turns(name, lockWait.signal);
      try {
        const claimed = await acquireLock({ take: () => lock(name), subject, clock, lockWait });
        return {
          assertHeld: claimed.assertHeld,
          async release() {
            await claimed.release();
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

function contentOf({ md5, bytes, purpose, baseUrl, organization, project }: Content): Content {
  return { md5, bytes, purpose, baseUrl, organization, project };
}

function readEntry(path: string, content: Content): LedgerEntry | undefined {
  try {
    // As with records: through a link we could be made to believe, or to write, somewhere else.
    if (!lstatSync(path).isFile()) throw corruptEntry(path, 'it is a link or a directory, not a file');
    return parseEntry(readFileSync(path, 'utf8'), path, content);
  } catch (cause) {
    if (isUploadError(cause)) throw cause;
    if (systemCode(cause) === 'ENOENT') return undefined;
    throw unreadable(path, cause);
  }
}

function writing(folder: string, action: () => void): void {
  try {
    makeDirectory(folder);
    action();
  } catch (cause) {
    throw unwritable(folder, cause);
  }
}
