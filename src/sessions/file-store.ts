import { createHash } from 'node:crypto';
import { lstatSync, readdirSync, readFileSync, rmSync } from 'node:fs';
import { join } from 'node:path';
import { fileLockOwner, takeFileLock } from '../lock/acquire.ts';
import type { Clock } from '../model/clock.ts';
import { isUploadError, systemCode } from '../model/errors.ts';
import { CONFIG_FILE } from '../model/platform.ts';
import { corrupt, unreadable, unwritable } from '../model/session-errors.ts';
import type { StateStore } from '../model/state-store.ts';
import { type Journal, openJournal, stampOf } from './journal.ts';
import { makeDirectory, writeSavedFile } from './saved-file.ts';

type Value = Readonly<Record<string, unknown>>;

/** A value as its file has it, without what was added since. */
interface Saved {
  readonly value: Value;
  readonly digest: string;
}

/** One JSON file for each name, which only the user can read. The directory is created by the first write. */
export function createFileStore(directory: string, clock: Clock): StateStore {
  const placeOf = (name: string) => join(directory, `${name}.json`);
  const lockOf = (name: string) => join(directory, `${name}.lock`);
  const journals = new Map<string, Journal>();
  const journalOf = (name: string) => {
    const journal = journals.get(name) ?? openJournal(placeOf(name));
    journals.set(name, journal);
    return journal;
  };
  const read = rereadChanged((name) => readValue(placeOf(name)), placeOf);

  return {
    location: directory,
    placeOf,
    names: async () => filesIn(directory).filter(isValueFile).map(nameOf),
    async read(name) {
      const saved = read(name);
      if (saved === undefined) return undefined;
      return reading(placeOf(name), () => journalOf(name).addTo(saved.value, saved.digest));
    },
    async write(name, value) {
      const path = placeOf(name);

      writing(path, () => {
        makeDirectory(directory);
        // A link would be replaced, and what it leads to is not ours.
        isRegularFile(path);
        writeSavedFile(path, JSON.stringify(value, undefined, '\t'));
        journalOf(name).clear();
      });
    },
    async append(name, field, items) {
      const path = placeOf(name);

      writing(path, () => {
        const saved = read(name);
        if (saved === undefined) throw new Error('there is no such file');
        journalOf(name).append(saved.digest, field, items);
      });
    },
    async remove(name) {
      removeFile(directory, placeOf(name));
      journals.delete(name);
    },
    async lock(name) {
      writing(directory, () => makeDirectory(directory));
      return takeFileLock(lockOf(name), clock);
    },
    owner: async (name) => fileLockOwner(lockOf(name), clock.now()),
  };
}

type Read = (name: string) => Saved | undefined;

/**
 * Reads a file again only when it has changed: each file of a push of thousands looks at all records,
 * and few of them have changed since.
 */
function rereadChanged(read: Read, placeOf: (name: string) => string): Read {
  const known = new Map<string, { readonly stamp: string; readonly saved: Saved }>();

  return (name) => {
    const stamp = stampOf(placeOf(name));
    const before = known.get(name);
    if (before !== undefined && before.stamp === stamp) return before.saved;

    const saved = read(name);
    if (saved !== undefined && stamp !== undefined) known.set(name, { stamp, saved });
    return saved;
  };
}

/** Needs no lock: every write is a rename, so that what is there is whole. */
function readValue(path: string): Saved | undefined {
  if (!isRegularFile(path)) return undefined;

  try {
    const text = readFileSync(path, 'utf8');
    return { value: parseObject(text, path), digest: createHash('sha256').update(text).digest('hex') };
  } catch (cause) {
    if (isUploadError(cause)) throw cause;
    // Another process has forgotten it at this moment.
    if (systemCode(cause) === 'ENOENT') return undefined;
    throw unreadable(path, cause);
  }
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

/** Only a regular file is ours: a link could make us write somewhere else. */
function isRegularFile(path: string): boolean {
  let isFile: boolean;
  try {
    isFile = lstatSync(path).isFile();
  } catch (cause) {
    if (systemCode(cause) === 'ENOENT') return false;
    throw unreadable(path, cause);
  }

  if (!isFile) throw corrupt(path, 'it is a link or a directory, not a file');
  return true;
}

function isValueFile(file: string): boolean {
  return file.endsWith('.json') && file !== CONFIG_FILE;
}

function nameOf(file: string): string {
  return file.slice(0, -'.json'.length);
}

/** In the same order each time. */
function filesIn(directory: string): readonly string[] {
  try {
    return readdirSync(directory).sort();
  } catch (cause) {
    if (systemCode(cause) === 'ENOENT') return [];
    throw unreadable(directory, cause);
  }
}

/** Also removes what a killed writer has left beside it, which holds the same. */
function removeFile(directory: string, path: string): void {
  const drafts = filesIn(directory)
    .map((name) => join(directory, name))
    .filter((file) => file.startsWith(`${path}.`));

  writing(path, () => {
    for (const file of [path, ...drafts]) rmSync(file, { force: true });
  });
}

function reading<T>(path: string, action: () => T): T {
  try {
    return action();
  } catch (cause) {
    throw unreadable(path, cause);
  }
}

function writing<T>(path: string, action: () => T): T {
  try {
    return action();
  } catch (cause) {
    throw isUploadError(cause) ? cause : unwritable(path, cause);
  }
}
