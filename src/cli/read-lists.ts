import { constants, openSync, statSync } from 'node:fs';
import { readFile, stat } from 'node:fs/promises';
import { Socket } from 'node:net';
import { addAbortSignal, type Readable } from 'node:stream';
import { buffer } from 'node:stream/consumers';
import { isUploadError, UploadError } from '../index.ts';
import { AT_ONCE, assertKind, isNullDevice } from '../model/file-access.ts';
import { STANDARD_INPUT } from './settings.ts';

interface ListSource {
  readonly stdin: () => Readable;
  readonly signal: AbortSignal;
  /** Names end with a NUL, the way `find -print0` writes them, and not with the line. */
  readonly isNullSeparated: boolean;
}

/**
 * Reads the names in all lists, in order. A list that cannot be read fails with `usage` or
 * `interrupted`. It stands for the files that it would name, and the other lists are still tried.
 */
export async function readFileLists(lists: readonly string[], source: ListSource) {
  const names: (readonly string[])[] = [];
  const failed: { readonly path: string; readonly error: UploadError }[] = [];

  for (const list of lists) {
    try {
      names.push(namesIn(await read(list, source), list, source));
    } catch (error) {
      if (!isUploadError(error)) throw error;
      failed.push({ path: list === STANDARD_INPUT ? 'standard input' : list, error });
    }
  }

  return { names: names.flat(), failed };
}

async function read(list: string, { stdin, signal }: ListSource): Promise<Uint8Array> {
  try {
    if (list === STANDARD_INPUT) return await buffer(addAbortSignal(signal, stdin()));

    const found = await stat(list);
    if (found.isFIFO()) return await readPipe(list, signal);
    if (!isNullDevice(found)) assertKind('a file', found);
    // Some files of /proc keep a reader waiting, too.
    return await readFile(list, { signal, flag: constants.O_RDONLY | AT_ONCE });
  } catch (cause) {
    if (signal.aborted)
      throw new UploadError('interrupted', { message: 'stopped before the end' }, { cause });
    const why = cause instanceof Error ? cause.message : String(cause);
    throw refused(list, `cannot be read: ${why}`, 'Name a file that holds a path a line.');
  }
}

/**
 * Waits for a writer like `cat`, but a signal can end the wait. A plain `open` would block until
 * there is a writer, and the process could not even exit.
 */
async function readPipe(path: string, signal: AbortSignal): Promise<Uint8Array> {
  const fd = openSync(path, constants.O_RDONLY | AT_ONCE);
  return await buffer(addAbortSignal(signal, new Socket({ fd, readable: true, writable: false })));
}

/** Takes each line exactly as it is: a name may begin with a #, and begin or end with a space. */
function namesIn(bytes: Uint8Array, list: string, { isNullSeparated }: ListSource): readonly string[] {
  const text = decode(bytes, list);
  if (!isNullSeparated && text.includes('\0'))
    throw refused(list, 'holds NUL characters', 'Are its names separated by them? Then give --null as well.');
  const names = text.split(isNullSeparated ? '\0' : /\r?\n/).filter((name) => name !== '');
  return names.map((name) => (name === STANDARD_INPUT ? `./${name}` : name));
}

/** Does not repair a name, because the result would be the name of another file. */
function decode(bytes: Uint8Array, list: string): string {
  try {
    return new TextDecoder('utf-8', { fatal: true }).decode(bytes);
  } catch {
    throw refused(list, 'is not in UTF-8', 'Write it in UTF-8: the server takes no other names.');
  }
}

function refused(list: string, why: string, hint: string): UploadError {
  const name = list === STANDARD_INPUT ? 'the list on standard input' : `the list ${list}`;
  return new UploadError('usage', { message: `${name} ${why}`, hint });
}

/** Whether a list can be read again. A pipe cannot, because it has been read to its end. */
export function isReplayable(list: string): boolean {
  return statSync(list, { throwIfNoEntry: false })?.isFile() ?? false;
}
