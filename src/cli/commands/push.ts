import type { CommandContext } from '../command-context.ts';
import type { Outcome } from '../outcome.ts';
import { type Flags, pushOptions } from '../settings.ts';
import { several } from '../several.ts';
import { STANDARD_INPUT } from '../standard-input.ts';

/** Uploads the files. */
export async function* runPush(
  files: readonly string[],
  flags: Flags,
  context: CommandContext,
): AsyncGenerator<Outcome> {
  const options = pushOptions(flags, context.env);
  const { filename = '' } = flags;
  if (files.includes(STANDARD_INPUT) && context.stdin().isTTY) {
    const notes = ['reading from the terminal; end with Ctrl-D'];
    yield { status: 'shown', shown: { objects: [], lines: [], notes } };
  }
  yield* several({
    subjects: files.map((path) => ({ path })),
    options,
    context,
    upload(uploader, index, own) {
      const file = files[index] as string;
      return file === STANDARD_INPUT
        ? uploader.pushStream(context.stdin(), { ...options, ...own, filename })
        : uploader.push(file, { ...options, ...own });
    },
  });
}
