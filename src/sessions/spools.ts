import { randomUUID } from 'node:crypto';
import { readdirSync, rmSync, statSync } from 'node:fs';
import { open } from 'node:fs/promises';
import { join, resolve } from 'node:path';
import type { Clock } from '../model/clock.ts';
import { isUploadError, systemCode, type UploadError } from '../model/errors.ts';
import { makeDirectory } from '../storage/make-directory.ts';
import { AT_ONCE, claim } from './claim.ts';
import { fileLockHolder, takeFileLock } from './file-lock.ts';
import type { Records } from './open-records.ts';
import type { SessionRecord } from './record.ts';
import { unreadable, unwritable } from './record-errors.ts';

/** A private file for the bytes of a stream. This process alone has it until it is released. */
export interface Spool {
  /** By which a record names it. */
  readonly name: string;
  readonly path: string;
  /** Adds a chunk. @throws UploadError `session_unwritable` */
  write(chunk: Uint8Array): Promise<void>;
  /** All of it is on the disk when this resolves, as a record that names it promises. @throws as `write` */
  finish(): Promise<void>;
  /** Lets go of the file, and deletes it unless a session may still go on with it. @throws as `Spools.drop` */
  release(): Promise<void>;
}

/** A spool that belongs to nobody: its process was killed before there was an upload, or right after its end. */
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
  /**
   * Deletes a spool unless a session may still go on with it; `givenUpBy` is one that will not.
   * @throws UploadError `session_unreadable`, `session_unwritable`
   */
  drop(name: string, givenUpBy?: string): Promise<void>;
  /** Deletes what belongs to nobody, or with `dryRun` only tells of it. @throws UploadError `session_unreadable` */
  sweep(options?: { readonly dryRun: boolean }): Promise<{
    readonly orphans: readonly Orphan[];
    readonly failed: readonly UploadError[];
  }>;
}

const NAME_LENGTH = '00000000-0000-0000-0000-000000000000'.length;
/** Of a spool, and of a record's field. */
export const SPOOL_NAME = /^[0-9a-f]{8}(-[0-9a-f]{4}){3}-[0-9a-f]{12}$/;

/** Of a state directory. */
export function spoolFolder(directory: string): string {
  return resolve(directory, 'spool');
}

export function openSpools(directory: string, clock: Clock, list: Records['list']): Spools {
  const folder = spoolFolder(directory);
  const lockOf = (name: string) => join(folder, `${name}.lock`);
  const spools: Spools = {
    async create() {
      const name = randomUUID();
      const path = join(folder, name);
      try {
        makeDirectory(folder);
        // First of all: a spool without a lock and without a record belongs to nobody.
        const take = async () => takeFileLock(lockOf(name), clock);
        const lock = await claim({ take, subject: path, clock, patience: AT_ONCE });
        return await openSpool({ name, path, drop: () => spools.drop(name), unlock: lock.release });
      } catch (cause) {
        throw isUploadError(cause) ? cause : unwritable(path, cause);
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
        (name) => fileLockHolder(lockOf(name), dryRun ? clock.now() : undefined) === null,
      );
      const orphans: Orphan[] = [];
      const failed: UploadError[] = [];
      const { sessions, unusable } = left.length === 0 ? { sessions: [], unusable: [] } : await list();
      // One that cannot be read may be the one that names it.
      if (unusable.length > 0) return { orphans, failed };
      const needed = new Set(sessions.map(({ record }) => (mayNeedSpool(record) ? record.spool : null)));
      for (const name of left.filter((each) => !needed.has(each))) {
        const path = join(folder, name);
        try {
          const bytes = statSync(path, { throwIfNoEntry: false })?.size ?? 0;
          if (!dryRun) remove(folder, name);
          if (bytes > 0) orphans.push({ path, bytes });
        } catch (error) {
          failed.push(isUploadError(error) ? error : unreadable(path, error));
        }
      }
      return { orphans, failed };
    },
  };
  return spools;
}

/** An expired upload can be started over, as long as there is something to send. */
export function mayNeedSpool({ status, restartedAs }: SessionRecord): boolean {
  return status === 'pending' || status === 'completing' || (status === 'expired' && restartedAs === null);
}

interface OpenSpool extends Pick<Spool, 'name' | 'path'> {
  readonly drop: () => Promise<void>;
  readonly unlock: () => Promise<void>;
}

async function openSpool({ name, path, drop, unlock }: OpenSpool): Promise<Spool> {
  const file = await open(path, 'wx', 0o600).catch(async (cause) => {
    await unlock();
    throw cause;
  });
  const writing = async (action: () => Promise<unknown>) => {
    await action().catch((cause) => {
      throw unwritable(path, cause);
    });
  };
  return {
    name,
    path,
    write: (chunk) => writing(() => file.writeFile(chunk)),
    finish: () => writing(() => file.sync().then(() => file.close())),
    async release() {
      try {
        // It may be closed already; what could not be written was told when it was.
        await file.close().catch(() => undefined);
        await drop();
      } finally {
        await unlock();
      }
    },
  };
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

/** With its lock and what a killed process has left of that. */
function remove(folder: string, name: string): void {
  try {
    for (const file of filesIn(folder).filter((each) => each.startsWith(name)))
      rmSync(join(folder, file), { force: true });
  } catch (cause) {
    throw isUploadError(cause) ? cause : unwritable(join(folder, name), cause);
  }
}
