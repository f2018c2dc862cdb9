import { resume } from '../../index.ts';
import { type CommandContext, outcomeOf } from '../command-context.ts';
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
  for (const uploadId of ids) {
    yield await outcomeOf({ uploadId, command: 'resume' }, context, async () => ({
      status: 'completed',
      result: await resume(uploadId, options()),
    }));
  }
}
