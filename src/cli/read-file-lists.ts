import { readFile } from 'node:fs/promises';
import { addAbortSignal, type Readable } from 'node:stream';
import { buffer } from 'node:stream/consumers';
import { UploadError } from '../index.ts';
import { STANDARD_INPUT } from './standard-input.ts';

interface ListSource {
  readonly stdin: () => Readable;
  readonly signal: AbortSignal;
  /** Names end with a NUL, as `find -print0` writes them, and not with the line. */
  readonly isNullSeparated: boolean;
}

/** The names in all of the lists, in order. @throws UploadError `usage` when one cannot be read, `interrupted` */
export async function readFileLists(
  lists: readonly string[],
  source: ListSource,
): Promise<readonly string[]> {
  const names: (readonly string[])[] = [];
  for (const list of lists) names.push(namesIn(await read(list, source), list, source));
  return names.flat();
}

async function read(list: string, { stdin, signal }: ListSource): Promise<Uint8Array> {
  try {
    return list === STANDARD_INPUT
      ? await buffer(addAbortSignal(signal, stdin()))
      : await readFile(list, { signal });
  } catch (cause) {
    if (signal.aborted)
      throw new UploadError('interrupted', { message: 'stopped before the end' }, { cause });
    const why = cause instanceof Error ? cause.message : String(cause);
    throw refused(list, `cannot be read: ${why}`, 'Name a file that holds a path a line.');
  }
}

/** A line is a name as it stands: names may begin with a #, and begin or end with a space. */
function namesIn(bytes: Uint8Array, list: string, { isNullSeparated }: ListSource): readonly string[] {
  const text = decode(bytes, list);
  if (!isNullSeparated && text.includes('\0'))
    throw refused(list, 'holds NUL characters', 'Are its names separated by them? Then give --null as well.');
  const names = text.split(isNullSeparated ? '\0' : /\r?\n/).filter((name) => name !== '');
  return names.map((name) => (name === STANDARD_INPUT ? `./${name}` : name));
}

/** A name that was mended would be that of another file. */
function decode(bytes: Uint8Array, list: string): string {
  try {
    return new TextDecoder('utf-8', { fatal: true }).decode(bytes);
  } catch {
    throw refused(
      list,
      'is not in UTF-8',
      'Write it in UTF-8; names that are not cannot be told the server.',
    );
  }
}

function refused(list: string, why: string, hint: string): UploadError {
  const name = list === STANDARD_INPUT ? 'the list on standard input' : `the list ${list}`;
  return new UploadError('usage', { message: `${name} ${why}`, hint });
}
