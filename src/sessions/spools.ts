import { randomUUID } from 'node:crypto';
import { existsSync, lstatSync } from 'node:fs';
import { basename, dirname, join, resolve } from 'node:path';
import { acquireLock, fileLockOwner, NO_WAIT, takeFileLock } from '../lock/acquire.ts';
import type { Clock } from '../model/clock.ts';
import type { UploadError } from '../model/errors.ts';
import { removeFile } from '../model/file-access.ts';
import { reading, unreadable, unwritable, writing } from '../model/session-errors.ts';
import { ownFilesIn } from './leftovers.ts';
import { type SessionRecord, SPOOL_NAME } from './record.ts';
import { makeFolder, writeSavedFile } from './saved-file.ts';
import { createSpool, type Spool } from './spool.ts';

/** A spool without a session: its process was killed, or no upload could be created for it. */
interface Orphan {
  readonly path: string;
  readonly bytes: number;
}

/** The result of a sweep. */
interface Swept {
  /** Deleted, or with `dryRun` to be deleted. */
  readonly orphans: readonly (Orphan & { readonly wasKept: boolean })[];
  /** Kept for a later push, and not older than `KEEP_DAYS`. */
  readonly waiting: readonly Orphan[];
  readonly failed: readonly UploadError[];
}

/**
 * The spools of a state directory. The system's temporary directory will not do: it may be in
 * memory, and empty after a restart. We choose the names of spools, and a record holds only the
 * name, so nothing else is ever deleted.
 */
export interface Spools {
  /** The folder of the spools, created when needed. */
  readonly folder: string;
  /** @throws UploadError `session_unwritable` */
  create(): Promise<Spool>;
  /** Returns the name of the spool at a path, or null if there is none. */
  nameOf(path: string): string | null;
  /**
   * Gives a spool to a session. It stays as long as the session may need it.
   * @throws UploadError `session_unwritable`
   */
  handOver(name: string): void;
  /** Keeps a spool although no session may need it. @throws like `handOver` */
  keep(name: string): void;
  /** Returns the path of a spool that is kept, unless somebody has taken it away. */
  kept(name: string): string | undefined;
  /**
   * Deletes a spool unless it is kept or a session may still need it. Those in `givenUpBy` no longer do.
   * @throws UploadError `session_unreadable`, `session_unwritable`
   */
  drop(name: string, ...givenUpBy: readonly string[]): Promise<void>;
  /**
   * Deletes the spools that no session needs. `dryRun` only reports them.
   * @throws UploadError `session_unreadable`
   */
  sweep(options?: { readonly dryRun: boolean }): Promise<Swept>;
}

/** Returns the sessions of a spool. One that cannot be read may need the spool. */
type SessionsOf = (spool: string) => Promise<{
  readonly sessions: readonly { readonly record: SessionRecord }[];
  readonly unusable: readonly UploadError[];
}>;

const NAME_LENGTH = '00000000-0000-0000-0000-000000000000'.length;

/** How long a spool without a session is kept. */
export const KEEP_DAYS = 7;
const KEEP_MS = KEEP_DAYS * 86_400_000;

/** Returns the folder of the spools in a state directory. */
export function spoolFolder(directory: string): string {
  return resolve(directory, 'spool');
}

export function openSpools(directory: string, clock: Clock, sessionsOf: SessionsOf): Spools {
  const folder = spoolFolder(directory);
  const lockOf = (name: string) => join(folder, `${name}.lock`);
  const markOf = (name: string) => join(folder, `${name}.kept`);

  const drop = async (name: string, ...givenUpBy: readonly string[]) => {
    const { sessions } = await sessionsOf(name);
    const mayNeed = sessions.filter(({ record }) => !givenUpBy.includes(record.uploadId));
    const isNeeded = mayNeed.some(({ record }) => mayRead(record, name));
    if (!isNeeded && !existsSync(markOf(name))) remove(folder, name);
  };

  return {
    folder,
    drop,
    async create() {
      const name = randomUUID();
      const path = join(folder, name);

      try {
        makeFolder(folder);
        // Take the lock first, because a spool with neither lock nor record may be deleted.
        const take = async () => takeFileLock(lockOf(name), clock);
        const lock = await acquireLock({ take, subject: path, clock, lockWait: NO_WAIT });
        // Its session may have dropped it already.
        const dropIfThere = async () => !existsSync(path) || (await drop(name));
        return await createSpool({
          name,
          path,
          drop: dropIfThere,
          unlock: lock.release,
        });
      } catch (cause) {
        throw unwritable(path, cause);
      }
    },
    nameOf(path) {
      const name = basename(path);
      return dirname(resolve(path)) === folder && SPOOL_NAME.test(name) ? name : null;
    },
    keep(name) {
      writing(markOf(name), () => writeSavedFile(markOf(name), ''));
    },
    kept: (name) =>
      existsSync(markOf(name)) && existsSync(join(folder, name)) ? join(folder, name) : undefined,
    handOver(name) {
      writing(markOf(name), () => removeFile(markOf(name)));
    },
    async sweep({ dryRun } = { dryRun: false }) {
      // The records are read after this, since a dead process cannot save any more of them.
      const left = namesIn(folder).filter(
        (name) => fileLockOwner(lockOf(name), dryRun ? clock.now() : undefined) === null,
      );
      const marked = new Map(left.map((name) => [name, modifiedAt(markOf(name))]));
      const orphans: Swept['orphans'][number][] = [];
      const waiting: Orphan[] = [];
      const failed: UploadError[] = [];

      for (const name of left) {
        const { sessions, unusable } = await sessionsOf(name);
        if (unusable.length > 0 || sessions.some(({ record }) => mayRead(record, name))) continue;

        const path = join(folder, name);
        const markedAt = marked.get(name);

        try {
          const bytes = lstatSync(path, { throwIfNoEntry: false })?.size ?? 0;
          if (bytes > 0 && markedAt !== undefined && clock.now() - markedAt < KEEP_MS) {
            waiting.push({ path, bytes });
            continue;
          }

          if (!dryRun) remove(folder, name);
          if (bytes > 0) orphans.push({ path, bytes, wasKept: markedAt !== undefined });
        } catch (error) {
          failed.push(unreadable(path, error));
        }
      }

      return { orphans, waiting, failed };
    },
  };
}

/** Whether a session may yet read its spool. An expired upload may still be started over, once. */
export function mayNeedSpool({ status, restartedAs }: SessionRecord): boolean {
  return status === 'pending' || status === 'completing' || (status === 'expired' && restartedAs === null);
}

function mayRead(record: SessionRecord, spool: string): boolean {
  return record.spool === spool && mayNeedSpool(record);
}

/** Returns the names of spools, including those that have only locks or marks left. */
function namesIn(folder: string): readonly string[] {
  return [...new Set(filesIn(folder).map((file) => file.slice(0, NAME_LENGTH)))];
}

/** The mark and the lock of a spool, and the temporary files while they are created. */
const BESIDE = /^\.(kept|lock|lock\.takeover)(\.[0-9a-f-]+)?$/;

function filesIn(folder: string): readonly string[] {
  return reading(folder, () =>
    ownFilesIn(folder, (file) => {
      const rest = file.slice(NAME_LENGTH);
      return SPOOL_NAME.test(file.slice(0, NAME_LENGTH)) && (rest === '' || BESIDE.test(rest));
    }),
  );
}

function modifiedAt(path: string): number | undefined {
  return reading(path, () => lstatSync(path, { throwIfNoEntry: false })?.mtimeMs);
}

/** Deletes a spool with its mark, its lock and whatever a killed process has left of it. */
function remove(folder: string, name: string): void {
  writing(join(folder, name), () => {
    for (const file of filesIn(folder).filter((each) => each.startsWith(name)))
      removeFile(join(folder, file));
  });
}
