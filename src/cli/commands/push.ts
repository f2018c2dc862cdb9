import { dryRun, push } from '../../index.ts';
import { type CommandContext, outcomeOf } from '../command-context.ts';
import type { Outcome } from '../outcome.ts';
import { type Flags, pushOptions } from '../settings.ts';

/** Uploads the files, or says what it would do, one after the other. */
export async function* runPush(
  files: readonly string[],
  flags: Flags,
  context: CommandContext,
): AsyncGenerator<Outcome> {
  const { env, signal, onEvent } = context;
  const options = () => ({ ...pushOptions(flags, env), signal, onEvent });
  for (const path of files) {
    yield await outcomeOf({ path }, context, async () =>
      flags.dryRun
        ? { status: 'planned', result: await dryRun(path, options()) }
        : { status: 'completed', result: await push(path, options()) },
    );
  }
}
