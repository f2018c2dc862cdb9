import { hash } from 'node:crypto';
import { existsSync, readdirSync, writeFileSync } from 'node:fs';
import { dirname, join, resolve } from 'node:path';
import { isUploadError, systemCode } from '../model/errors.ts';
import { refuseOtherFolders, removeFile } from '../model/file-access.ts';
import { unreadable, writing, writingAsync } from '../model/session-errors.ts';
import { inBatches } from '../model/signals.ts';
import { commitLogOf } from './commit-log.ts';
import type { State } from './open-store.ts';
import type { SessionRecord } from './record.ts';
import { makeFolder, syncDirectory, syncLater } from './saved-file.ts';
import type { Scanned } from './scan.ts';
import { subjectsOf, subjectsToFind } from './subjects.ts';
import { syncTogether } from './write-together.ts';

/**
 * Finds the sessions of a file or a spool without reading all the others. The result may have too
 * many names, but never too few.
 */
export interface SessionIndex {
  /**
   * Returns the names of the sessions that may be about a subject.
   * @throws UploadError `session_unreadable`; the signal's reason
   */
  namesOf(subject: string, signal?: AbortSignal): Promise<readonly string[]>;
  /**
   * Must be called before the record is written, so a crash in between hides nothing.
   * @throws UploadError
   */
  add(name: string, record: SessionRecord): Promise<void>;
  drop(subject: string, name: string): void;
}

/** Only parses the value if a scan has already read it. */
type ReadRecord = (name: string, value?: unknown) => Promise<{ readonly record: SessionRecord } | undefined>;

/** For a record that could not be read when the index was created. It may be about anything. */
const ANYTHING = 'anything';

/**
 * Keeps an empty file for each session and subject, named after both, in one of 256 folders. A
 * caller's own store has no index; there, each record is read once.
 */
export function openIndex({ store, directory, isOwnStore }: State, read: ReadRecord): SessionIndex {
  const folder = resolve(directory, 'sources');
  const mark = join(folder, 'complete');
  const known = new Map<string, readonly string[]>();
  let isComplete = false;
  let ofAnything: readonly string[] | undefined;
  const hasAll = () => {
    isComplete = isComplete || (!isOwnStore && existsSync(mark));
    return isComplete;
  };

  const subjectsOfNamed = async (
    name: string,
    choose: (record: SessionRecord) => readonly string[],
    value?: unknown,
  ) => {
    try {
      const saved = await read(name, value);
      return saved === undefined ? [] : choose(saved.record);
    } catch (error) {
      if (!isUploadError(error)) throw error;
      return [ANYTHING];
    }
  };

  /** Finds them without an index. What a session is about changes only when it is added again, so each is read once. */
  const scan = async (subject: string, signal?: AbortSignal): Promise<readonly string[]> => {
    const found: string[] = [];

    // What is saved after the first time is read by its name.
    const names = async () => (await store.names()).map((name) => ({ name }));
    const all: AsyncIterable<readonly Pick<Scanned, 'name' | 'value'>[]> =
      known.size === 0 ? store.scan({ signal }) : inBatches(await names(), signal);

    for await (const batch of all)
      for (const { name, value } of batch) {
        signal?.throwIfAborted();
        const subjects = known.get(name) ?? (await subjectsOfNamed(name, subjectsOf, value));
        if (subjects.length > 0 && !subjects.includes(ANYTHING)) known.set(name, subjects);
        if (subjects.includes(subject) || subjects.includes(ANYTHING)) found.push(name);
      }

    return found;
  };

  /** Adds the records of a version that had no index. */
  const complete = async () => {
    // The upload exists by now, so its record must be saved even after a signal.
    for await (const batch of store.scan({}))
      for (const { name, value } of batch)
        for (const subject of await subjectsOfNamed(name, subjectsToFind, value))
          place(folder, subject, name);

    writing(folder, () => {
      // The first record syncs the state directory. Without the folder, or its mark, all are read.
      makeFolder(folder, syncLater);
      const buckets = readdirSync(folder);
      for (const bucket of buckets) syncDirectory(join(folder, bucket));
      if (buckets.length > 0) syncDirectory(folder);
      createEmpty(mark);
    });
    isComplete = true;
  };

  return {
    async namesOf(subject, signal) {
      if (!hasAll()) return await scan(subject, signal);
      // None are added once the index is complete.
      ofAnything ??= namesIn(folder, ANYTHING);
      return [...new Set([...namesIn(folder, subject), ...ofAnything])];
    },
    async add(name, record) {
      known.delete(name);
      if (isOwnStore) return;
      if (!hasAll()) await complete();
      const log = commitLogOf(directory);
      const entries = subjectsOf(record).map((subject) => place(folder, subject, name));
      // The record follows in the log, so its write reports any failure.
      if (log) for (const entry of entries) log.write(entry, '').catch(() => undefined);
      else {
        const folders = [...new Set([folder, ...entries.map(dirname)])];
        await Promise.all(folders.map((each) => writingAsync(each, () => syncTogether(each))));
      }
    },
    drop(subject, name) {
      if (isOwnStore) return;
      const { bucket, prefix } = placeOf(folder, subject);
      writing(bucket, () => {
        refuseOtherFolders(folder, bucket);
        // Often it is gone already, and an error would cost as much as ten looks.
        if (existsSync(join(bucket, prefix + name))) removeFile(join(bucket, prefix + name));
      });
    },
  };
}

function placeOf(folder: string, subject: string): { readonly bucket: string; readonly prefix: string } {
  const digest = hash('sha256', subject);
  return { bucket: join(folder, digest.slice(0, 2)), prefix: `${digest.slice(2, 32)}.` };
}

/** Creates an entry and returns its path. Neither it nor its folder is synced. */
function place(folder: string, subject: string, name: string): string {
  const { bucket, prefix } = placeOf(folder, subject);
  const path = join(bucket, prefix + name);

  writing(bucket, () => {
    refuseOtherFolders(folder);
    makeFolder(bucket, syncLater);
    createEmpty(path);
  });

  return path;
}

function createEmpty(path: string): void {
  try {
    writeFileSync(path, '', { flag: 'wx', mode: 0o600 });
  } catch (error) {
    if (systemCode(error) !== 'EEXIST') throw error;
  }
}

function namesIn(folder: string, subject: string): readonly string[] {
  const { bucket, prefix } = placeOf(folder, subject);

  try {
    refuseOtherFolders(folder, bucket);
    const files = readdirSync(bucket).sort();
    return files.filter((file) => file.startsWith(prefix)).map((file) => file.slice(prefix.length));
  } catch (cause) {
    if (systemCode(cause) === 'ENOENT') return [];
    throw unreadable(bucket, cause);
  }
}
