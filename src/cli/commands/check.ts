import { basename } from 'node:path';
import type { Command } from 'commander';
import { check, type OnEvent, openUploader, type Uploader } from '../../index.ts';
import { checkFailure } from '../../model/check-failure.ts';
import { checkedManyLine } from '../../ui/outcome-lines.ts';
import { type CommandContext, type CommandSetup, type Example, outcomeOf, withExamples } from '../command.ts';
import { expandWildcards, noteTerminal, refuseFiles, sourceOf } from '../file-arguments.ts';
import type { AskedFile, AskedFiles } from '../file-lists.ts';
import { addFileFlags, addServerFlags, hideFlags } from '../flags.ts';
import { type Outcome, untriedOutcome } from '../outcome.ts';
import { checkOptions, type Flags, STANDARD_INPUT, transferOptions } from '../settings.ts';

const EXAMPLES: readonly Example[] = [
  ['would the server refuse it?', 'openai-upload check big.jsonl --purpose batch'],
  ['several files', 'openai-upload check train.jsonl more.jsonl --purpose fine-tune'],
  ['an object for each', 'openai-upload check big.jsonl --purpose batch --json'],
  ['does the server know the model?', 'openai-upload check big.jsonl --purpose batch --online'],
];

export function addCheck(command: Command, { execute }: CommandSetup): void {
  withExamples(command, EXAMPLES);
  hideFlags(addServerFlags(addFileFlags(command)), ['stallTimeout', 'waitLock']);
  command
    .option('--online', 'also ask the server for the models of a batch; makes no request otherwise')
    .action(async (asked: string[], flags: Flags, self: Command) => {
      const files = await expandWildcards(asked);
      refuseFiles(files, flags, self);
      return execute(flags, (context) => runCheck(files, flags, context));
    });
}

/** Checks the files one after the other. */
async function* runCheck(
  named: readonly string[],
  flags: Flags,
  context: CommandContext,
): AsyncGenerator<Outcome> {
  const { announced, forFiles } = await import('../file-lists.ts');
  const { env, signal, onEvent } = context;
  let uploader: Uploader | undefined;

  const ask: AskModels = async (result) => {
    if (!flags.online) return result;
    uploader ??= await openUploader({ ...transferOptions(flags, env), signal, onEvent });
    return await uploader.askModels(result);
  };

  try {
    yield* forFiles({ command: 'check', named, flags, context }, (files) =>
      checkAll({ ...files, each: () => announced(files, context) }, flags, { ...context, ask }),
    );
  } finally {
    await uploader?.close();
  }
}

type AskModels = Uploader['askModels'];
type CheckContext = CommandContext & { readonly ask: AskModels };

/** With several files, people see only what is wrong and how many files are valid. */
async function* checkAll(files: AskedFiles, flags: Flags, context: CheckContext): AsyncGenerator<Outcome> {
  const { names } = files;
  yield* noteTerminal(names ?? [], context);
  context.expect(names?.map((path) => ({ name: basename(path), bytes: undefined })));
  const counts = { checked: 0, failed: 0, skipped: 0, warnings: 0 };
  let index = 0;

  for await (const file of files.each()) {
    const outcome = await checkOne(file, index, flags, context);

    if (outcome.status === 'failed') {
      if (outcome.error.code !== 'interrupted') counts.failed += 1;
      context.onFailure(outcome, index);
    } else {
      counts[outcome.status === 'skipped' ? 'skipped' : 'checked'] += 1;
      context.ended(index, outcome.status === 'skipped' ? 'skipped' : 'completed');
    }
    if (outcome.status === 'checked') counts.warnings += outcome.result.warningCount;

    yield outcome;
    index += 1;
  }

  if (names?.length === 1) return;
  const notes = [checkedManyLine({ ...counts, files: names?.length ?? index, purpose: flags.purpose ?? '' })];
  yield { status: 'shown', notes, isSummary: true };
}

function checkOne(file: AskedFile, index: number, flags: Flags, context: CheckContext): Promise<Outcome> {
  const { env, signal } = context;
  const { path } = file;
  const subject = { path };
  const onEvent: OnEvent = (event) => context.onEvent(event, index);

  return outcomeOf(subject, context, async () => {
    const untried = untriedOutcome(file);
    if (untried) return untried;
    const own = { ...checkOptions(flags, env), signal, onEvent };
    const result = await context.ask(await check(sourceOf(path, flags, context), own));
    // The name from --filename says more than the dash.
    const error = checkFailure(
      path === STANDARD_INPUT ? { ...result, path: flags.filename ?? path } : result,
    );
    return error ? { status: 'failed', subject, error, check: result } : { status: 'checked', result };
  });
}
