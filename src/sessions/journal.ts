import { lstatSync } from 'node:fs';
import { systemCode } from '../model/errors.ts';
import { readFileIfThere, removeFile, WRONG_KIND } from '../model/file-access.ts';
import { appendToSavedFile } from './saved-file.ts';

type Value = Readonly<Record<string, unknown>>;

/**
 * The items added to a saved value since it was last written whole, one a line in a file beside it.
 * Adding to a value with thousands of parts therefore costs no more than adding to an empty one.
 * `digest` is that of the value's own text; it shows whether a journal is older than the value.
 */
export interface Journal {
  /**
   * Appends items to the array `field`. They are on the disk when this returns.
   * @throws system errors
   */
  append(digest: string, field: string, items: readonly Value[]): void;
  /**
   * Returns the value with everything added to it. `digestOf` is called only if there is a journal.
   * @throws system errors
   */
  addTo(value: Value, digestOf: () => string): Value;
  /** Deletes the journal, once the value was written whole. @throws system errors */
  clear(): void;
}

/** Opens the journal of the value that is saved at `path`. */
export function openJournal(path: string): Journal {
  const file = `${path}.journal`;
  /** The digest of the value that the file is known to belong to. */
  let owner: string | undefined;

  return {
    append(digest, field, items) {
      const isOurs = () =>
        lstatSync(file, { throwIfNoEntry: false })?.isFile() && readLines(file)[0]?.of === digest;
      const isNew = owner !== digest && !isOurs();
      if (isNew) this.clear();

      const lines = [...(isNew ? [{ of: digest, field }] : []), ...items].map((line) => JSON.stringify(line));
      // The leading line break ends a line that a crash has cut off.
      appendToSavedFile(file, `\n${lines.join('\n')}\n`, path);
      owner = digest;
    },
    addTo(value, digestOf) {
      const [first, ...items] = readLines(file);
      if (first === undefined) return value;
      // A journal older than the value is already part of it.
      if (first.of !== digestOf()) return value;

      const field = String(first.field);
      const before = value[field];
      return { ...value, [field]: [...(Array.isArray(before) ? before : []), ...items] };
    },
    clear() {
      owner = undefined;
      if (stampOf(file) !== undefined) removeFile(file);
    },
  };
}

/** Changes with every write, because a value is renamed into place and a journal grows. */
export function stampOf(path: string): string | undefined {
  try {
    const file = lstatSync(path, { bigint: true, throwIfNoEntry: false });
    return file && [file.ino, file.size, file.ctimeNs].join(' ');
  } catch {
    // Reading the file will report what is wrong.
    return undefined;
  }
}

/** Returns the complete lines. A line that was cut off never counted, so it is left out. */
function readLines(file: string): readonly Value[] {
  return textOf(file)
    .split('\n')
    .filter((line) => line !== '')
    .flatMap((line) => {
      try {
        const value: unknown = JSON.parse(line);
        return typeof value === 'object' && value !== null ? [value as Value] : [];
      } catch {
        return [];
      }
    });
}

function textOf(file: string): string {
  try {
    return readFileIfThere(file, { isSaved: true }) ?? '';
  } catch (cause) {
    const isOther = cause instanceof Error && systemCode(cause) === WRONG_KIND;
    throw isOther ? new Error(`its journal is not ours: ${cause.message}`, { cause }) : cause;
  }
}
