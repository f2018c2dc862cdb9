import { stat } from 'node:fs/promises';
import { basename } from 'node:path';
import { Readable } from 'node:stream';
import { setImmediate } from 'node:timers/promises';
import { type FoundFile, filesIn, namesOfShard, refusalOf } from '../index.ts';
import { createTextSet } from '../model/text-set.ts';
import { escapeControl } from '../ui/escape.ts';
import type { CommandContext } from './command.ts';
import { note, type Outcome } from './outcome.ts';
import { ownFiles } from './own-files.ts';
import { isReplayable, readFileLists } from './read-lists.ts';
import { type Flags, STANDARD_INPUT } from './settings.ts';

interface Asked {
  readonly command: 'push' | 'check';
  /** The paths in the arguments. */
  readonly named: readonly string[];
  readonly flags: Flags;
  readonly context: CommandContext;
}

/** A file that the user asked for. */
export interface AskedFile extends FoundFile {
  /** Set with an error that says why the file is to be left out. */
  readonly isUnsuitable?: boolean;
}

/** The files that the user asked for, in their order. */
export interface AskedFiles {
  /** Undefined when folders may be among them. Those are read only while the files are taken. */
  readonly names: readonly string[] | undefined;
  /** The named paths, and those in the lists when a list cannot be read again. */
  readonly paths: readonly string[];
  /** Whether `paths` includes the paths in the lists. */
  readonly isListed: boolean;
  readonly each: () => AsyncGenerator<AskedFile>;
}

/**
 * Works on those files in arguments, lists and folders that belong to this shard. Finding none is
 * not a failure, but gets a note.
 */
export async function* forFiles(
  { command, named, flags, context }: Asked,
  work: (files: AskedFiles) => AsyncGenerator<Outcome>,
): AsyncGenerator<Outcome> {
  const { filesFrom = [], shard, recursive } = flags;
  if (filesFrom.includes(STANDARD_INPUT) && context.stdin().isTTY)
    yield note('reading the list from the terminal; end with Ctrl-D');

  const source = { ...context, isNullSeparated: flags.null ?? false };
  const { names: listed, failed } = await readFileLists(filesFrom, source);
  const all = [...named, ...listed];
  // After a stop, or without a file, there is nothing left to try.
  const [first] = failed;
  if (first && (all.length === 0 || first.error.code === 'interrupted'))
    return yield { status: 'failed', subject: { uploadId: null, command }, error: first.error };

  const isListed = !filesFrom.every(isReplayable);
  const paths = isListed ? all : named;
  if (all.length === 0) return yield note(`nothing to ${command}: the list is empty`);
  const sharing = shard === undefined ? undefined : `shard ${shard.index}/${shard.count}`;
  if (recursive) {
    if (sharing !== undefined) yield note(`${sharing} of the files`);
    const counted = { files: 0 };
    yield* work({
      names: undefined,
      paths,
      isListed,
      each: () => eachFound(all, failed, { flags, context, counted }),
    });
    if (counted.files === 0 && !context.ending.error) yield note(`nothing to ${command}: no file was found`);
    return;
  }

  const files = shard === undefined ? all : await namesOfShard(all, shard);
  if (files.length === 0 && failed.length === 0)
    return yield note(`nothing to ${command}: ${sharing} has none of ${all.length} files`);

  if (sharing !== undefined) yield note(`${sharing}: ${files.length} of ${all.length} files`);
  const each = async function* () {
    for (const path of files) {
      // A million names take long to report, so only --json has an object for each after a signal.
      const wasOver = context.signal.aborted && !flags.json;
      yield await asked({ path }, flags, context);
      // One more file reports that not all were tried.
      if (wasOver) return;
    }
    yield* failed;
  };
  yield* work({ names: [...files, ...failed.map(({ path }) => path)], paths, isListed, each });
}

/** Files in folders are found at most this far before their turn. Each takes 2 to 3 KB of memory. */
const MAX_AHEAD = 2000;
/** How many files are found before uploads go on and a signal can be heard. */
const IN_A_ROW = 100;

/**
 * Yields the files. Those in folders are announced as they are found, ahead of their turn, so that
 * the progress can soon say how much is left.
 */
export async function* announced(
  files: AskedFiles,
  context: CommandContext,
  bytesOf: (path: string) => number | undefined = () => undefined,
): AsyncGenerator<AskedFile> {
  if (files.names !== undefined) return yield* files.each();
  const isOver = () => context.signal.aborted || context.ending.error !== undefined;

  const found = async function* () {
    let index = 0;
    for await (const file of files.each()) {
      context.found(index, { name: basename(file.path), bytes: bytesOf(file.path) });
      yield file;
      index += 1;
      if (index % IN_A_ROW === 0) await setImmediate();
    }
    if (!isOver()) context.foundAll();
  };

  for await (const file of Readable.from(found(), { highWaterMark: MAX_AHEAD })) {
    const wasOver = isOver();
    // After a stop, one more file reports that not all were tried, even if it was to be left out.
    yield wasOver ? { path: file.path } : file;
    if (wasOver) return;
  }
}

/** No more names than this are remembered. By then one has been repeated, or none will be. */
const MAX_NAMES = 100_000;

/**
 * Yields all files of this shard, including those in folders, and then the lists that failed. Ends
 * early when no more files are tried.
 */
async function* eachFound(
  all: readonly string[],
  failed: readonly AskedFile[],
  { flags, context, counted }: Pick<Asked, 'flags' | 'context'> & { readonly counted: { files: number } },
): AsyncGenerator<AskedFile> {
  const { shard } = flags;
  const seen = createTextSet(MAX_NAMES);
  let isRepeatTold = false;

  for (const path of all) {
    const isFolder = await stat(path).then(
      (found) => found.isDirectory(),
      () => false,
    );

    const isOwn = isFolder ? ownFiles(path, flags, context) : undefined;
    for await (const found of isFolder ? filesIn(path, { ...flags, signal: context.signal }) : [{ path }]) {
      if (isOwn?.(found.path)) continue;
      if (shard !== undefined && (await namesOfShard([found.path], shard)).length === 0) continue;

      const name = basename(found.path);
      if (!isRepeatTold && !seen.add(name)) {
        isRepeatTold = true;
        context.note(`several files are called ${escapeControl(name)}: the server keeps names, not folders`);
      }
      counted.files += 1;
      const wasOver = context.signal.aborted || context.ending.error;
      yield await asked(found, flags, context);
      if (wasOver) return;
    }
  }

  yield* failed;
}

/** After a stop, no file is left out, because it was not tried. */
async function asked(
  found: FoundFile,
  { skipUnsuitable, purpose = '', split }: Flags,
  { signal }: CommandContext,
): Promise<AskedFile> {
  if (!skipUnsuitable || signal.aborted || found.error || found.path === STANDARD_INPUT) return found;
  const error = await refusalOf(found.path, { purpose, isCut: split ?? false });
  return error === undefined ? found : { ...found, error, isUnsuitable: true };
}
