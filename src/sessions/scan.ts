import { closeSync, constants, readdirSync, readSync } from 'node:fs';
import { sep } from 'node:path';
import { systemCode } from '../model/errors.ts';
import { openRegularFile } from '../model/file-access.ts';
import { CONFIG_FILE } from '../model/platform.ts';
import { unreadable } from '../model/session-errors.ts';

/** A value of a store, as met during a scan. */
export interface Scanned {
  readonly name: string;
  /** Whether nobody had locked it when the scan began. */
  readonly isFree: boolean;
  /** Undefined if it must be read by its name, which also says what is wrong with it. */
  readonly value?: unknown;
}

/** Larger values are read in the ordinary way. */
const MAX_QUICK_BYTES = 64 * 1024;

/**
 * Goes through all files of a directory in the order of their names, with as few system calls as
 * possible, because with 100,000 files they take most of the time. Only plain small files are read.
 * @throws UploadError `session_unreadable` if the directory cannot be read
 */
export function* scanFiles(directory: string): Generator<Scanned> {
  const files = filesIn(directory);
  const among = (ending: string) => new Set(files.filter((file) => file.endsWith(ending)));
  const [locks, journals] = [among('.lock'), among('.json.journal')];
  const buffer = Buffer.allocUnsafe(MAX_QUICK_BYTES);

  for (const file of files) {
    if (!file.endsWith('.json') || file === CONFIG_FILE) continue;
    const name = file.slice(0, -'.json'.length);
    const hasJournal = journals.size > 0 && journals.has(`${file}.journal`);
    const value = hasJournal ? undefined : readQuickly(`${directory}${sep}${file}`, buffer);
    yield { name, isFree: locks.size === 0 || !locks.has(`${name}.lock`), value };
  }
}

function filesIn(directory: string): readonly string[] {
  try {
    return readdirSync(directory).sort();
  } catch (cause) {
    if (systemCode(cause) === 'ENOENT') return [];
    throw unreadable(directory, cause);
  }
}

/** Returns undefined if the file is not a plain small one after all. */
function readQuickly(path: string, buffer: Buffer): unknown {
  try {
    const file = openRegularFile(path, constants.O_RDONLY, { isSaved: true });
    let length: number;
    try {
      length = readSync(file, buffer, 0, buffer.length, 0);
    } finally {
      closeSync(file);
    }

    if (length === buffer.length) return undefined;
    const value: unknown = JSON.parse(buffer.toString('utf8', 0, length));
    return typeof value === 'object' && value !== null && !Array.isArray(value) ? value : undefined;
  } catch {
    return undefined;
  }
}
