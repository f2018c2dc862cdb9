import { stat } from 'node:fs/promises';
import { basename } from 'node:path';
import { dryRun } from '../../index.ts';
import { type CommandContext, outcomeOf } from '../command-context.ts';
import { forFiles } from '../for-files.ts';
import type { Outcome } from '../outcome.ts';
import { type Flags, pushOptions } from '../settings.ts';
import { noteTerminal, STANDARD_INPUT, sourceOf } from '../standard-input.ts';
import { uploadMany } from '../upload-many.ts';

/** Uploads the files, or says what it would do. */
export async function* runPush(
  named: readonly string[],
  flags: Flags,
  context: CommandContext,
): AsyncGenerator<Outcome> {
  yield* forFiles({ command: 'push', named, flags, context }, (files) => pushAll(files, flags, context));
}

async function* pushAll(
  files: readonly string[],
  flags: Flags,
  context: CommandContext,
): AsyncGenerator<Outcome> {
  if (flags.split) return yield* (await import('../push-split.ts')).runSplit(files, flags, context);
  yield* noteTerminal(files, context);
  if (flags.dryRun) return yield* plan(files, flags, context);
  yield* uploadMany({
    sizes: await Promise.all(files.map(sizeOf)),
    subjects: files.map((path) => ({ path })),
    options: () => pushOptions(flags, context.env),
    context,
    start: (uploader, { options, onEvent, onEnd }) => {
      const items = files.map((path, index) => ({
        source: sourceOf(path, flags, context),
        options: { ...options, onEvent: onEvent(index) },
      }));
      return uploader.pushAll(items, onEnd);
    },
  });
}

/** One after the other: there is nothing to wait for but the disk. */
async function* plan(
  files: readonly string[],
  flags: Flags,
  context: CommandContext,
): AsyncGenerator<Outcome> {
  const { env, signal, onEvent } = context;
  for (const path of files) {
    context.expect([{ name: basename(path), bytes: undefined }]);
    yield await outcomeOf({ path }, context, async () => {
      const source = sourceOf(path, flags, context);
      const result = await dryRun(source, { ...pushOptions(flags, env), signal, onEvent });
      return { status: 'planned', result };
    });
  }
}

/** For the progress alone. What is no file has nothing to send, as its push will say. */
async function sizeOf(path: string): Promise<number | undefined> {
  if (path === STANDARD_INPUT) return undefined;
  return await stat(path).then(
    (found) => (found.isFile() ? found.size : 0),
    () => 0,
  );
}
