import { basename } from 'node:path';
import type { Command } from 'commander';
import { check, openUploader, type Uploader } from '../../index.ts';
import { checkFailure } from '../../model/check-failure.ts';
import type { CommandSetup, Example } from '../command.ts';
import { type CommandContext, outcomeOf } from '../command.ts';
import { type AskedFiles, forFiles } from '../file-lists.ts';
import { addFileFlags, addServerFlags, hideFlags } from '../flags.ts';
import type { Outcome } from '../outcome.ts';
import { checkOptions, type Flags, transferOptions } from '../settings.ts';
import { noteTerminal, refuseFiles, STANDARD_INPUT, sourceOf } from '../standard-input.ts';

const EXAMPLES: readonly Example[] = [
  ['would the server refuse it?', 'openai-upload check big.jsonl --purpose batch'],
  ['several files', 'openai-upload check train.jsonl more.jsonl --purpose fine-tune'],
  ['an object for each', 'openai-upload check big.jsonl --purpose batch --json'],
  ['does the server know the model?', 'openai-upload check big.jsonl --purpose batch --online'],
];

/** Declares `check`. */
export function addCheck({ declare, execute }: CommandSetup): void {
  const description = 'check files against the rules for their purpose';
  const command = addServerFlags(addFileFlags(declare('check [file...]', description, EXAMPLES)));
  hideFlags(command, ['stallTimeout', 'waitLock']);

  command
    .option('--online', 'also ask the server for the models of a batch; makes no request otherwise')
    .action((files: string[], flags: Flags, self: Command) => {
      refuseFiles(files, flags, self);
      return execute(flags, (context) => runCheck(files, flags, context));
    });
}

/** Looks at the files, one after the other. */
async function* runCheck(
  named: readonly string[],
  flags: Flags,
  context: CommandContext,
): AsyncGenerator<Outcome> {
  const { env, signal, onEvent } = context;
  let uploader: Uploader | undefined;

  const ask: AskModels = async (result) => {
    if (!flags.online) return result;
    uploader ??= await openUploader({ ...transferOptions(flags, env), signal, onEvent });
    return await uploader.askModels(result);
  };

  try {
    yield* forFiles({ command: 'check', named, flags, context }, (files) =>
      checkAll(files, flags, { ...context, ask }),
    );
  } finally {
    await uploader?.close();
  }
}

type AskModels = Uploader['askModels'];

async function* checkAll(
  files: AskedFiles,
  flags: Flags,
  context: CommandContext & { readonly ask: AskModels },
): AsyncGenerator<Outcome> {
  const { env, signal, onEvent } = context;
  yield* noteTerminal(files.names ?? [], context);

  for await (const { path, error: found, isUnsuitable } of files.each()) {
    const subject = { path };
    context.expect([{ name: basename(path), bytes: undefined }]);
    yield await outcomeOf(subject, context, async () => {
      if (found)
        return isUnsuitable
          ? { status: 'skipped', path, error: found }
          : { status: 'failed', subject, error: found };
      const own = { ...checkOptions(flags, env), signal, onEvent };
      const result = await context.ask(await check(sourceOf(path, flags, context), own));
      // The name says more than the dash.
      const error = checkFailure(
        path === STANDARD_INPUT ? { ...result, path: flags.filename ?? path } : result,
      );
      return error ? { status: 'failed', subject, error, check: result } : { status: 'checked', result };
    });
  }
}
