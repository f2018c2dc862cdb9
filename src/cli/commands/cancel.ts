import { cancel } from '../../index.ts';
import { type CommandContext, outcomeOf } from '../command-context.ts';
import { forEachChosen } from '../for-each-chosen.ts';
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
  yield* forEachChosen({ command: 'cancel', ids, flags, context }, async function* (chosen) {
    for (const uploadId of chosen) {
      yield await outcomeOf({ uploadId, command: 'cancel' }, context, async () => ({
        status: 'cancelled',
        result: await cancel(uploadId, options()),
      }));
    }
  });
}
