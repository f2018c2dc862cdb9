import { stat } from 'node:fs/promises';
import type { CommandContext } from '../command-context.ts';
import type { Outcome } from '../outcome.ts';
import { type Flags, pushOptions } from '../settings.ts';
import { several } from '../several.ts';

/** Uploads the files. */
export async function* runPush(
  files: readonly string[],
  flags: Flags,
  context: CommandContext,
): AsyncGenerator<Outcome> {
  yield* several({
    sizes: await Promise.all(files.map(sizeOf)),
    subjects: files.map((path) => ({ path })),
    options: () => pushOptions(flags, context.env),
    context,
    upload: (uploader, index, options) => uploader.push(files[index] as string, options),
  });
}

/** For the progress alone. What is no file has nothing to send, as its push will say. */
async function sizeOf(path: string): Promise<number> {
  return await stat(path).then(
    (found) => (found.isFile() ? found.size : 0),
    () => 0,
  );
}
