import { randomUUID } from 'node:crypto';
import { existsSync, readdirSync, rmSync, statSync } from 'node:fs';
import { basename, dirname, join, resolve } from 'node:path';
import { acquireLock, NO_WAIT } from '../lock/acquire.ts';
import { fileLockOwner, takeFileLock } from '../lock/file-lock.ts';
import type { Clock } from '../model/clock.ts';
import { isUploadError, systemCode, type UploadError } from '../model/errors.ts';
import { unreadable, unwritable } from '../model/session-errors.ts';
import { makeDirectory } from './make-directory.ts';
import { openSpool, type Spool } from './open-spool.ts';
import type { SessionRecord } from './record.ts';
import type { Records } from './records.ts';

/** A spool that belongs to no session: its process was killed, or there was no upload to be had for it. */
interface Orphan {
  readonly path: string;
  readonly bytes: number;
}

/**
 * The spools of one state directory. They lie there and not in the system's place for temporary files, which may be memory, and
 * empty after a restart. Names are ours alone, and a record holds no more than the name, so nothing else is ever deleted.
 */
export interface Spools {
  /** @throws UploadError `session_unwritable` */
  create(): Promise<Spool>;
  /** Of the spool that a path leads to, if it leads to one. */
  nameOf(path: string): string | null;
  /** A session has it from now on, and it stays as long as that may need it. @throws UploadError `session_unwritable` */
  handOver(name: string): void;
  /**
   * Deletes a spool unless a session may still go on with it; `givenUpBy` is one that will not.
   * @throws UploadError `session_unreadable`, `session_unwritable`
   */
  drop(name: string, givenUpBy?: string): Promise<void>;
  /**
   * Deletes what belongs to nobody, or with `dryRun` only tells of it. `waiting`: what is kept to be pushed, and not old.
   * @throws UploadError `session_unreadable`
   */
  sweep(options?: { readonly dryRun: boolean }): Promise<{
    readonly orphans: readonly (Orphan & { readonly wasKept: boolean })[];
    readonly waiting: readonly Orphan[];
    readonly failed: readonly UploadError[];
  }>;
}

const NAME_LENGTH = '00000000-0000-0000-0000-000000000000'.length;
/** Of a spool, and of a record's field. */
export const SPOOL_NAME = /^[0-9a-f]{8}(-[0-9a-f]{4}){3}-[0-9a-f]{12}$/;

/** How long one is kept that no session has. */
export const KEEP_DAYS = 7;

/** Of a state directory. */
export function spoolFolder(directory: string): string {
  return resolve(directory, 'spool');
}

export function openSpools(directory: string, clock: Clock, list: Records['list']): Spools {
  const folder = spoolFolder(directory);
  const lockOf = (name: string) => join(folder, `${name}.lock`);
  const markOf = (name: string) => join(folder, `${name}.kept`);
  const spools: Spools = {
    async create() {
      const name = randomUUID();
      const path = join(folder, name);
      try {
        makeDirectory(folder);
        // First of all: a spool without a lock and without a record belongs to nobody.
        const take = async () => takeFileLock(lockOf(name), clock);
        const lock = await acquireLock({ take, subject: path, clock, lockWait: NO_WAIT });
        const drop = async () => existsSync(markOf(name)) || (await spools.drop(name));
        return await openSpool({ name, path, mark: markOf(name), drop, unlock: lock.release });
      } catch (cause) {
        throw isUploadError(cause) ? cause : unwritable(path, cause);
      }
    },
    nameOf(path) {
      const name = basename(path);
      return dirname(resolve(path)) === folder && SPOOL_NAME.test(name) ? name : null;
    },
    handOver(name) {
      try {
        rmSync(markOf(name), { force: true });
      } catch (cause) {
        throw unwritable(markOf(name), cause);
      }
    },
    async drop(name, givenUpBy) {
      const mayNeed = ({ record }: { readonly record: SessionRecord }) =>
        record.spool === name && record.uploadId !== givenUpBy && mayNeedSpool(record);
      if (!(await list()).sessions.some(mayNeed)) remove(folder, name);
    },
    async sweep({ dryRun } = { dryRun: false }) {
      // Who is dead by now can save no record any more, so the records are read after that was seen.
      const left = namesIn(folder).filter(
        (name) => fileLockOwner(lockOf(name), dryRun ? clock.now() : undefined) === null,
      );
      const marked = new Map(left.map((name) => [name, modifiedAt(markOf(name))]));
      const orphans: (Orphan & { wasKept: boolean })[] = [];
      const waiting: Orphan[] = [];
      const failed: UploadError[] = [];
      const { sessions, unusable } = left.length === 0 ? { sessions: [], unusable: [] } : await list();
      // One that cannot be read may be the one that names it.
      if (unusable.length > 0) return { orphans, waiting, failed };
      const needed = new Set(sessions.map(({ record }) => (mayNeedSpool(record) ? record.spool : null)));
      for (const name of left.filter((each) => !needed.has(each))) {
        const path = join(folder, name);
        try {
          const bytes = statSync(path, { throwIfNoEntry: false })?.size ?? 0;
          const markedAt = marked.get(name);
          if (bytes > 0 && markedAt !== undefined && clock.now() - markedAt < KEEP_DAYS * 86_400_000) {
            waiting.push({ path, bytes });
            continue;
          }
          if (!dryRun) remove(folder, name);
          if (bytes > 0) orphans.push({ path, bytes, wasKept: markedAt !== undefined });
        } catch (error) {
          failed.push(isUploadError(error) ? error : unreadable(path, error));
        }
      }
      return { orphans, waiting, failed };
    },
  };
  return spools;
}

/** An expired upload can be started over, as long as there is something to send. */
export function mayNeedSpool({ status, restartedAs }: SessionRecord): boolean {
  return status === 'pending' || status === 'completing' || (status === 'expired' && restartedAs === null);
}

/** Of the spools, and of what locks have left behind where there is no spool any more. */
function namesIn(folder: string): readonly string[] {
  return [...new Set(filesIn(folder).map((file) => file.slice(0, NAME_LENGTH)))];
}

/** Nothing in there is ours but what has such a name. */
function filesIn(folder: string): readonly string[] {
  try {
    return readdirSync(folder).filter((file) => SPOOL_NAME.test(file.slice(0, NAME_LENGTH)));
  } catch (cause) {
    if (systemCode(cause) === 'ENOENT') return [];
    throw unreadable(folder, cause);
  }
}

function modifiedAt(path: string): number | undefined {
  try {
    return statSync(path, { throwIfNoEntry: false })?.mtimeMs;
  } catch (cause) {
    throw unreadable(path, cause);
  }
}

/** With its mark, its lock and what a killed process has left of that. */
function remove(folder: string, name: string): void {
  try {
    for (const file of filesIn(folder).filter((each) => each.startsWith(name)))
      rmSync(join(folder, file), { force: true });
  } catch (cause) {
    throw isUploadError(cause) ? cause : unwritable(join(folder, name), cause);
  }
}
