import { hash } from 'node:crypto';
import { lstatSync, readdirSync } from 'node:fs';
import { join } from 'node:path';
import { fileLockOwner } from '../lock/acquire.ts';
import type { Clock } from '../model/clock.ts';
import { systemCode } from '../model/errors.ts';
import { assertKind, readFileIfThere, removeFile, WRONG_KIND } from '../model/file-access.ts';
import { CONFIG_FILE } from '../model/platform.ts';
import { corrupt, reading, unreadable, writing, writingAsync } from '../model/session-errors.ts';
import type { StateStore } from '../model/state-store.ts';
import { commitLogOf } from './commit-log.ts';
import { type Journal, openJournal, stampOf } from './journal.ts';
import { takeStateLock } from './leftovers.ts';
import { makeDirectory } from './saved-file.ts';
import { type Scanned, type ScanOptions, scanFiles } from './scan.ts';
import { writeSavedFileTogether } from './write-together.ts';

type Value = Readonly<Record<string, unknown>>;

/** A value as it is in its file, without later additions. */
interface Saved {
  readonly value: Value;
  readonly text: string;
}

/** The journal of a value, and the state of the value's file when the journal was opened. */
interface OpenJournal {
  readonly journal: Journal;
  readonly stamp: string | undefined;
  readonly digest: string;
}

/** A store whose values can be scanned quickly. */
export interface FileStore extends StateStore {
  scan(options: ScanOptions): AsyncIterable<readonly Scanned[]>;
}

/**
 * Keeps a JSON file for each name, private to the user. The first write creates the directory.
 * @param signal ends the recovery of what dead processes have left, which a lock may need
 */
export function createFileStore(directory: string, clock: Clock, signal?: AbortSignal): FileStore {
  // Joined once: for 100,000 names, it takes as long as reading the directory.
  const start = join(directory, '-').slice(0, -1);
  const placeOf = (name: string) => `${start}${name}.json`;
  const lockOf = (name: string) => join(directory, `${name}.lock`);
  const journals = new Map<string, OpenJournal>();
  let drafts: readonly string[] | undefined;

  const read = async (name: string) => {
    const path = placeOf(name);
    const saved = readValue(path);
    if (saved === undefined) return undefined;
    return reading(path, () => openJournal(path).addTo(saved.value, () => digestOf(saved)));
  };

  return {
    location: directory,
    placeOf,
    names: async () => filesIn(directory).filter(isValueFile).map(nameOf),
    scan: (options) => scanFiles(directory, options),
    read,
    async write(name, value) {
      const path = placeOf(name);

      await writingAsync(path, async () => {
        makeDirectory(directory);
        refuseOther(path);
        await writeSavedFileTogether(path, JSON.stringify(value), directory);
        openJournal(path).clear();
        journals.delete(name);
      });
    },
    async append(name, field, items) {
      const path = placeOf(name);

      await writingAsync(path, async () => {
        const stamp = stampOf(path);
        const before = journals.get(name);
        const isSame = before !== undefined && before.stamp === stamp;
        const open = isSame ? before : openJournalOf(path, stamp);
        journals.set(name, open);
        open.journal.append(open.digest, field, items);
      });
    },
    async remove(name) {
      // Drafts of a killed writer hold the same data. There are few of them, and a search each time
      // would be slow in a directory with very many files, so they are listed only once.
      drafts ??= filesIn(directory).filter((file) => file.includes('.json.'));
      const own = drafts.filter((file) => file.startsWith(`${name}.json.`));

      // Without a sync, which would cost a prune of thousands. A power cut may bring back the record,
      // its journal or its index entries. It has ended, so it only waits for the next prune.
      await writingAsync(placeOf(name), async () => {
        removeFile(placeOf(name));
        for (const file of own) removeFile(join(directory, file));
        openJournal(placeOf(name)).clear();
        await commitLogOf(directory)?.write(placeOf(name), null);
      });
      journals.delete(name);
    },
    async lock(name) {
      writing(directory, () => makeDirectory(directory));
      return takeStateLock(lockOf(name), directory, clock, signal);
    },
    owner: async (name) => fileLockOwner(lockOf(name), clock.now()),
  };
}

/** Needs no lock: every write is a rename, so the file is always complete. */
function readValue(path: string): Saved | undefined {
  try {
    const text = readFileIfThere(path, { isSaved: true });
    return text === undefined ? undefined : { value: parseObject(text, path), text };
  } catch (cause) {
    throw notOurs(path, cause);
  }
}

/** Anything but a file cannot be a record, and a link must not be followed. */
function notOurs(path: string, cause: unknown): Error {
  const isOtherKind = cause instanceof Error && systemCode(cause) === WRONG_KIND;
  return isOtherKind ? corrupt(path, cause.message, cause) : unreadable(path, cause);
}

/** Refuses to replace anything that is not our file. */
function refuseOther(path: string): void {
  try {
    const found = lstatSync(path, { throwIfNoEntry: false });
    if (found) assertKind('a file', found);
  } catch (cause) {
    throw notOurs(path, cause);
  }
}

function openJournalOf(path: string, stamp: string | undefined): OpenJournal {
  return { journal: openJournal(path), stamp, digest: digestOf(readValue(path)) };
}

function digestOf(saved: Saved | undefined): string {
  if (saved === undefined) throw new Error('there is no such file');
  return hash('sha256', saved.text);
}

function parseObject(text: string, path: string): Value {
  let value: unknown;
  try {
    value = JSON.parse(text);
  } catch (cause) {
    throw corrupt(path, 'it is not valid JSON', cause);
  }

  if (typeof value === 'object' && value !== null && !Array.isArray(value)) return value as Value;
  throw corrupt(path, 'it is not a JSON object');
}

function isValueFile(file: string): boolean {
  return file.endsWith('.json') && file !== CONFIG_FILE;
}

function nameOf(file: string): string {
  return file.slice(0, -'.json'.length);
}

/** Returns the names in sorted order. */
function filesIn(directory: string): readonly string[] {
  try {
    return readdirSync(directory).sort();
  } catch (cause) {
    if (systemCode(cause) === 'ENOENT') return [];
    throw unreadable(directory, cause);
  }
}
