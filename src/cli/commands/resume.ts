import type { Command } from 'commander';
import { isUploadError, type JobSummary, listSessions } from '../../index.ts';
import { forEachChosen, refuseBoth } from '../choose-sessions.ts';
import { type CommandContext, type CommandSetup, type Example, withExamples } from '../command.ts';
import { addServerFlags, addTransferFlags } from '../flags.ts';
import type { Outcome } from '../outcome.ts';
import { continueJob } from '../push-job.ts';
import { reportUploads, withUploader } from '../report-uploads.ts';
import { type Flags, resumeOptions, sessionsOptions } from '../settings.ts';
import { tuneEngine } from '../tune-engine.ts';

const EXAMPLES: readonly Example[] = [
  ['send what is missing of the only unfinished upload', 'openai-upload resume'],
  [
    'with more at once, after another process has left it',
    'openai-upload resume upload_abc123 --concurrency 8 --wait-lock 10m',
  ],
  ['send the changed parts of a file again', 'openai-upload resume upload_abc123 --reupload-changed'],
];

export function addResume(resume: Command, { execute }: CommandSetup): void {
  withExamples(resume, EXAMPLES);
  addTransferFlags(addServerFlags(resume))
    .option('--all', 'continue every unfinished upload, the first to expire first')
    .option('--reupload-changed', 'upload parts again whose bytes have changed')
    .option('--restart', 'start an expired upload over as a new one')
    .addHelpText('after', '\nWithout an id it continues the only unfinished upload, or push of many files.')
    .action((ids: string[], flags: Flags, self: Command) => {
      refuseBoth(ids, flags, self);
      return execute(flags, (context) => runResume(ids, flags, context));
    });
}

async function* runResume(
  ids: readonly string[],
  flags: Flags,
  context: CommandContext,
): AsyncGenerator<Outcome> {
  const onJob = (job: JobSummary) =>
    continueJob(job, flags, context, async function* (push) {
      const { runPush } = await import('../run-push.ts');
      yield* runPush(push.paths, push.flags, context, push.jobId);
    });

  tuneEngine();
  yield* forEachChosen({ command: 'resume', ids, flags, context, onJob }, async function* (chosen) {
    const subjects = chosen.map((uploadId) => ({ uploadId, command: 'resume' }));
    yield* reportUploads({
      subjects,
      sizes: await sizesOf(chosen, flags, context),
      context,
      async *upload({ onEvent, onEnd }) {
        const options = resumeOptions(flags, context.env);
        const items = subjects.map((subject, index) => ({
          uploadId: subject.uploadId,
          options: { ...options, onEvent: onEvent(index) },
          subject,
        }));
        yield* withUploader(options, context, (uploader) => uploader.resumeAll(items, onEnd));
      },
    });
  });
}

/**
 * Looks up the sizes, which only the progress of several uploads needs. Errors are ignored, because
 * the resume will report them.
 */
async function sizesOf(
  ids: readonly string[],
  flags: Flags,
  { env, signal }: CommandContext,
): Promise<readonly (number | undefined)[]> {
  if (ids.length < 2) return [];
  try {
    const { sessions } = await listSessions({ ...sessionsOptions(flags, env), signal });
    return ids.map((id) => sessions.find(({ uploadId }) => uploadId === id)?.bytes);
  } catch (error) {
    if (!isUploadError(error)) throw error;
    return [];
  }
}
