import { cancel } from '../../index.ts';
import { type CommandContext, outcomeOf } from '../command-context.ts';
import type { Outcome } from '../outcome.ts';
import { type Flags, transferOptions } from '../settings.ts';

/** Cancels the uploads, one after the other. */
export async function* runCancel(
  ids: readonly string[],
  flags: Flags,
  context: CommandContext,
): AsyncGenerator<Outcome> {
  const { env, signal, onEvent } = context;
  const options = () => ({ ...transferOptions(flags, env), signal, onEvent });
  for (const uploadId of ids) {
    yield await outcomeOf({ uploadId, command: 'cancel' }, context, async () => ({
      status: 'cancelled',
      result: await cancel(uploadId, options()),
    }));
  }
}
