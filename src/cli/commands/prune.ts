import type { Command } from 'commander';
import {
  type EndedJob,
  isUploadError,
  type PruneResult,
  pruneJobs,
  pruneSessions,
  type SessionSummary,
} from '../../index.ts';
import { escapeControl } from '../../ui/escape.ts';
import { formatBytes } from '../../ui/format.ts';
import {
  type CommandContext,
  type CommandSetup,
  type Example,
  outcomeOf,
  quietly,
  withExamples,
} from '../command.ts';
import type { Outcome, Subject } from '../outcome.ts';
import { pushOf } from '../render/job-text.ts';
import { pruneJson } from '../render/outcome-json.ts';
import { type Flags, sessionsOptions } from '../settings.ts';

const EXAMPLES: readonly Example[] = [
  ['what would be forgotten', 'openai-upload prune --dry-run'],
  ['forget what is completed, cancelled or expired', 'openai-upload prune'],
  ['an object for each', 'openai-upload prune --json'],
];

export function addPrune(command: Command, { execute }: CommandSetup): void {
  withExamples(command, EXAMPLES);
  command
    .option('--dry-run', 'forget nothing, only print what would be forgotten')
    .action((flags: Flags) => execute(quietly(flags), (context) => runPrune(flags, context)));
}

/** Forgets what is over and lists it, then reports what could not be read or deleted. */
async function* runPrune(flags: Flags, context: CommandContext): AsyncGenerator<Outcome> {
  const subject: Subject = { uploadId: null, command: 'prune' };
  const failed: Outcome[] = [];
  yield await outcomeOf(subject, context, async () => {
    const { dryRun = false } = flags;
    const options = { ...sessionsOptions(flags, context.env), signal: context.signal, dryRun };
    const result = await pruneSessions(options);
    // What was forgotten before is still shown.
    const jobs = await pruneJobs(options).catch((error: unknown): readonly EndedJob[] => {
      if (!isUploadError(error) || error.code === 'interrupted') throw error;
      failed.push({ status: 'failed', subject, error });
      return [];
    });
    failed.push(...result.failed.map((error) => ({ status: 'failed', subject, error }) as const));
    const { forgotten, kept } = result;
    const status = dryRun ? 'would_forget' : 'forgotten';

    return {
      status: 'shown',
      objects: [
        ...forgotten.map((session) => pruneJson(status, session, null)),
        ...kept.map(({ session, reason }) => pruneJson('kept', session, reason)),
        ...jobs.map(({ id, wasCancelled }) => ({ v: 1, status, job: id, was: endOfJob(wasCancelled) })),
      ],
      notes: notesOn(result, jobs, dryRun),
    };
  });
  yield* failed;
}

function notesOn(result: PruneResult, jobs: readonly EndedJob[], isDryRun: boolean): string[] {
  const { forgotten, kept, orphans, waiting, failed } = result;
  if ([forgotten, jobs, kept, orphans, waiting, failed].every((list) => list.length === 0))
    return ['nothing to forget'];

  const verb = isDryRun ? 'would be forgotten' : 'forgotten';

  return [
    ...forgotten.map((session) => `${nameOf(session)}: ${verb}, ${endOf(session)}`),
    ...jobs.map((job) => `${job.id} (${escapeControl(pushOf(job))}): ${verb}, ${endOfJob(job.wasCancelled)}`),
    ...kept.map(({ session, reason }) => `${nameOf(session)}: kept, ${escapeControl(reason)}`),
    ...orphans.map(
      ({ path, bytes, wasKept }) =>
        `${escapeControl(path)}: ${isDryRun ? 'would be deleted' : 'deleted'}, ${formatBytes(bytes)} of a push that ${wasKept ? 'made no file' : 'was killed'}`,
    ),
    ...waiting.map(
      ({ path, bytes }) =>
        `${escapeControl(path)}: kept, ${formatBytes(bytes)} of a push that made no file; push it, or delete it`,
    ),
  ];
}

function nameOf({ uploadId, filename }: SessionSummary): string {
  return `${escapeControl(uploadId)} (${escapeControl(filename)})`;
}

function endOf({ status, fileId }: SessionSummary): string {
  return fileId === null ? status : `${status} as ${escapeControl(fileId)}`;
}

function endOfJob(wasCancelled: boolean): string {
  return wasCancelled ? 'cancelled' : 'finished';
}
