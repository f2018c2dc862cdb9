import { basename } from 'node:path';
import { check } from '../../index.ts';
import { checkFailure } from '../../model/check-failure.ts';
import { type CommandContext, outcomeOf } from '../command-context.ts';
import { forFiles } from '../for-files.ts';
import type { Outcome } from '../outcome.ts';
import { checkOptions, type Flags } from '../settings.ts';
import { noteTerminal, STANDARD_INPUT, sourceOf } from '../standard-input.ts';

/** Looks at the files, one after the other. */
export async function* runCheck(
  named: readonly string[],
  flags: Flags,
  context: CommandContext,
): AsyncGenerator<Outcome> {
  yield* forFiles({ command: 'check', named, flags, context }, (files) => checkAll(files, flags, context));
}

async function* checkAll(
  files: readonly string[],
  flags: Flags,
  context: CommandContext,
): AsyncGenerator<Outcome> {
  const { signal, onEvent } = context;
  yield* noteTerminal(files, context);
  for (const path of files) {
    const subject = { path };
    context.expect([{ name: basename(path), bytes: undefined }]);
    yield await outcomeOf(subject, context, async () => {
      const result = await check(sourceOf(path, flags, context), { ...checkOptions(flags), signal, onEvent });
      // The name says more than the dash.
      const error = checkFailure(
        path === STANDARD_INPUT ? { ...result, path: flags.filename ?? path } : result,
      );
      return error ? { status: 'failed', subject, error, check: result } : { status: 'checked', result };
    });
  }
}
