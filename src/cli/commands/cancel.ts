import type { Command } from 'commander';
import { type CancelOptions, cancel, cancelJob, type JobSummary } from '../../index.ts';
import { forEachChosen, refuseBoth } from '../choose-sessions.ts';
import { type CommandContext, type CommandSetup, type Example, outcomeOf, withExamples } from '../command.ts';
import { addServerFlags } from '../flags.ts';
import type { Outcome } from '../outcome.ts';
import { type Flags, transferOptions } from '../settings.ts';

const EXAMPLES: readonly Example[] = [
  ['give up an upload, on the server too', 'openai-upload cancel upload_abc123'],
  ['several', 'openai-upload cancel upload_abc123 upload_def456'],
  ['every unfinished one, with an object for each on stdout', 'openai-upload cancel --all --json'],
];

export function addCancel(command: Command, { execute }: CommandSetup): void {
  withExamples(command, EXAMPLES);
  addServerFlags(command)
    .option('--all', 'cancel every unfinished upload, and every unfinished push of many files')
    .action((ids: string[], flags: Flags, self: Command) => {
      refuseBoth(ids, flags, self);
      return execute(flags, (context) => runCancel(ids, flags, context));
    });
}

/** Cancels the uploads one after the other. */
async function* runCancel(
  ids: readonly string[],
  flags: Flags,
  context: CommandContext,
): AsyncGenerator<Outcome> {
  const { env, signal, onEvent } = context;
  const options = () => ({ ...transferOptions(flags, env), signal, onEvent });
  const onJob = (job: JobSummary) => cancelOne(job, options, context);
  yield* forEachChosen({ command: 'cancel', ids, flags, context, onJob }, async function* (chosen) {
    for (const uploadId of chosen) {
      yield await outcomeOf({ uploadId, command: 'cancel' }, context, async () => ({
        status: 'cancelled',
        result: await cancel(uploadId, options()),
      }));
    }
  });
}

/**
 * Cancels the uploads that a job has begun, and ends the job unless one of them cannot be
 * cancelled.
 */
async function* cancelOne(
  { id }: JobSummary,
  options: () => CancelOptions,
  context: CommandContext,
): AsyncGenerator<Outcome> {
  const command = 'cancel';
  const subject = { uploadId: id, command };
  let hasFailed = false;

  try {
    for await (const outcome of cancelJob(id, options())) {
      hasFailed ||= outcome.status === 'failed';
      if (outcome.status === 'cancelled') yield outcome;
      else yield { ...outcome, subject: { uploadId: outcome.uploadId, command } };
    }
  } catch (error) {
    hasFailed = true;
    yield await outcomeOf(subject, context, async () => {
      throw error;
    });
  }

  if (hasFailed) return;
  const objects = [{ v: 1, status: 'cancelled', job: id }];
  yield { status: 'shown', objects, notes: [`${id}: cancelled`] };
}
