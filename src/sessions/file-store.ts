import { lstatSync, readdirSync, readFileSync, rmSync } from 'node:fs';
import { join } from 'node:path';
import { fileLockOwner, takeFileLock } from '../lock/acquire.ts';
import type { Clock } from '../model/clock.ts';
import { isUploadError, systemCode } from '../model/errors.ts';
import { CONFIG_FILE } from '../model/platform.ts';
import { corrupt, unreadable, unwritable } from '../model/session-errors.ts';
import type { StateStore } from '../model/state-store.ts';
import { makeDirectory, writeSavedFile } from './saved-file.ts';

type Value = Readonly<Record<string, unknown>>;

/** One JSON file for each name, which only the user can read. The directory is created by the first write. */
export function createFileStore(directory: string, clock: Clock): StateStore {
  const placeOf = (name: string) => join(directory, `${name}.json`);
  const lockOf = (name: string) => join(directory, `${name}.lock`);
  const read = rereadChanged((name) => readValue(placeOf(name)), placeOf);

  return {
    location: directory,
    placeOf,
    names: async () => filesIn(directory).filter(isValueFile).map(nameOf),
    read: async (name) => read(name),
    async write(name, value) {
      const path = placeOf(name);

      writing(path, () => {
        makeDirectory(directory);
        // A link would be replaced, and what it leads to is not ours.
        isRegularFile(path);
        writeSavedFile(path, JSON.stringify(value, undefined, '\t'));
      });
    },
    remove: async (name) => removeFile(directory, placeOf(name)),
    async lock(name) {
      writing(directory, () => makeDirectory(directory));
      return takeFileLock(lockOf(name), clock);
    },
    owner: async (name) => fileLockOwner(lockOf(name), clock.now()),
  };
}

type Read = (name: string) => Value | undefined;

/**
 * Reads a file again only when it has changed: each file of a push of thousands looks at all records,
 * and few of them have changed since.
 */
function rereadChanged(read: Read, placeOf: (name: string) => string): Read {
  const known = new Map<string, { readonly stamp: string; readonly value: Value }>();

  return (name) => {
    const stamp = stampOf(placeOf(name));
    const before = known.get(name);
    if (before !== undefined && before.stamp === stamp) return before.value;

    const value = read(name);
    if (value !== undefined && stamp !== undefined) known.set(name, { stamp, value });
    return value;
  };
}

/** Changes with every write, because a write renames a new file into place. */
function stampOf(path: string): string | undefined {
  try {
    const { ino, size, ctimeNs } = lstatSync(path, { bigint: true });
    return [ino, size, ctimeNs].join(' ');
  } catch {
    // Reading the file will report what is wrong.
    return undefined;
  }
}

/** Needs no lock: every write is a rename, so that what is there is whole. */
function readValue(path: string): Value | undefined {
  if (!isRegularFile(path)) return undefined;

  try {
    return parseObject(readFileSync(path, 'utf8'), path);
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

function writing<T>(path: string, action: () => T): T {
  try {
    return action();
  } catch (cause) {
    throw isUploadError(cause) ? cause : unwritable(path, cause);
  }
}
