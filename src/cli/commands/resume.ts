import { resume } from '../../index.ts';
import type { CommandContext } from '../command-context.ts';
import { forEachChosen } from '../for-each-chosen.ts';
import type { Outcome } from '../outcome.ts';
import { type Flags, resumeOptions } from '../settings.ts';

/** Continues the uploads, one after the other. */
export async function* runResume(
  ids: readonly string[],
  flags: Flags,
  context: CommandContext,
): AsyncGenerator<Outcome> {
  const { env, signal, onEvent } = context;
  const options = () => ({ ...resumeOptions(flags, env), signal, onEvent });
  yield* forEachChosen({ command: 'resume', ids, flags, context }, async (uploadId) => ({
    status: 'completed',
    result: await resume(uploadId, options()),
  }));
}
