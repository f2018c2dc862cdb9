import { lstatSync, readFileSync, rmSync } from 'node:fs';
import { systemCode } from '../model/errors.ts';
import { appendToSavedFile } from './saved-file.ts';

type Value = Readonly<Record<string, unknown>>;

/**
 * What was added to a saved value since it was written whole: a file beside it, with an item a line.
 * So adding to a value of thousands of parts costs no more than adding to an empty one. `digest` is
 * that of the value's own text, by which a journal that is older than the value is told.
 */
export interface Journal {
  /** Adds items to the array `field`. They are on the disk when this returns. @throws system errors */
  append(digest: string, field: string, items: readonly Value[]): void;
  /** The value with all that was added to it. `digestOf` is asked only when there is a journal. @throws system errors */
  addTo(value: Value, digestOf: () => string): Value;
  /** Forgets all, once the value was written whole. @throws system errors */
  clear(): void;
}

/** The journal of the value that is saved at `path`. */
export function openJournal(path: string): Journal {
  const file = `${path}.journal`;
  /** The value that the file is known to belong to. */
  let owner: string | undefined;

  return {
    append(digest, field, items) {
      const isNew = owner !== digest && readLines(file)[0]?.of !== digest;
      if (isNew) rmSync(file, { force: true });

      // The line break before the items ends a line that a crash has cut off.
      const head = isNew ? `${JSON.stringify({ of: digest, field })}\n` : '';
      const lines = items.map((item) => JSON.stringify(item)).join('\n');
      appendToSavedFile(file, `${head}\n${lines}\n`, path);
      owner = digest;
    },
    addTo(value, digestOf) {
      if (stampOf(file) === undefined) return value;

      const [first, ...items] = readLines(file);
      // What is older than the value is in it already.
      if (first?.of !== digestOf()) return value;

      const field = String(first.field);
      const before = value[field];
      return { ...value, [field]: [...(Array.isArray(before) ? before : []), ...items] };
    },
    clear() {
      owner = undefined;
      rmSync(file, { force: true });
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

/** The lines that are whole. One that was cut off was never counted, so it is left out. */
function readLines(file: string): readonly Value[] {
  let text: string;
  try {
    text = readFileSync(file, 'utf8');
  } catch (error) {
    if (systemCode(error) === 'ENOENT') return [];
    throw error;
  }

  return text.split('\n').flatMap((line) => {
    try {
      const value: unknown = JSON.parse(line);
      return typeof value === 'object' && value !== null ? [value as Value] : [];
    } catch {
      return [];
    }
  });
}
