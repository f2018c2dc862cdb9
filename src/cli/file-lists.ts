import { readFile } from 'node:fs/promises';
import { addAbortSignal, type Readable } from 'node:stream';
import { buffer } from 'node:stream/consumers';
import { isUploadError, namesOfShard, UploadError } from '../index.ts';
import type { CommandContext } from './command.ts';
import type { Outcome } from './outcome.ts';
import type { Flags } from './settings.ts';
import { STANDARD_INPUT } from './standard-input.ts';

interface Asked {
  readonly command: 'push' | 'check';
  /** By the arguments. */
  readonly named: readonly string[];
  readonly flags: Flags;
  readonly context: CommandContext;
}

/**
 * Works on the files that arguments and lists name, as far as they are this shard's. None is no
 * failure, but gets a note.
 */
export async function* forFiles(
  { command, named, flags, context }: Asked,
  work: (files: readonly string[]) => AsyncGenerator<Outcome>,
): AsyncGenerator<Outcome> {
  const { filesFrom = [], shard } = flags;
  if (filesFrom.includes(STANDARD_INPUT) && context.stdin().isTTY)
    yield note('reading the list from the terminal; end with Ctrl-D');
  let all: readonly string[];

  try {
    all = [
      ...named,
      ...(await readFileLists(filesFrom, { ...context, isNullSeparated: flags.null ?? false })),
    ];
  } catch (error) {
    if (!isUploadError(error)) throw error;
    return yield { status: 'failed', subject: { uploadId: null, command }, error };
  }

  const files = shard === undefined ? all : await namesOfShard(all, shard);
  const sharing = shard === undefined ? undefined : `shard ${shard.index}/${shard.count}`;
  if (all.length === 0) return yield note(`nothing to ${command}: the list is empty`);
  if (files.length === 0)
    return yield note(`nothing to ${command}: ${sharing} has none of ${all.length} files`);

  if (sharing !== undefined) yield note(`${sharing}: ${files.length} of ${all.length} files`);
  yield* work(files);
}

function note(text: string): Outcome {
  return { status: 'shown', shown: { objects: [], lines: [], notes: [text] } };
}

interface ListSource {
  readonly stdin: () => Readable;
  readonly signal: AbortSignal;
  /** Names end with a NUL, as `find -print0` writes them, and not with the line. */
  readonly isNullSeparated: boolean;
}

/**
 * The names in all of the lists, in order.
 * @throws UploadError `usage` when one cannot be read, `interrupted`
 */
async function readFileLists(lists: readonly string[], source: ListSource): Promise<readonly string[]> {
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

/** A name that was repaired would be that of another file. */
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
