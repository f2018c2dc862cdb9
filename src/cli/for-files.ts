import { isUploadError, namesOfShard } from '../index.ts';
import type { CommandContext } from './command-context.ts';
import type { Outcome } from './outcome.ts';
import { readFileLists } from './read-file-lists.ts';
import type { Flags } from './settings.ts';
import { STANDARD_INPUT } from './standard-input.ts';

interface Asked {
  readonly command: 'push' | 'check';
  /** By the arguments. */
  readonly named: readonly string[];
  readonly flags: Flags;
  readonly context: CommandContext;
}

/** Works on the files that arguments and lists name, as far as they are this shard's. None is no failure: it is told. */
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
