import { resolve } from 'node:path';
import { isUploadError, type Job, type JobSummary, openJob, UploadError } from '../index.ts';
import type { CommandContext } from './command.ts';
import type { AskedFiles } from './file-lists.ts';
import { note, type Outcome } from './outcome.ts';
import { jobCommand, type Wanted } from './render/job-text.ts';
import { type Flags, pushOptions, sessionsOptions } from './settings.ts';

/** The flags that say what a push does. Other values make another job. */
const WANTED = [
  'purpose',
  'filename',
  'mimeType',
  'expiresAfter',
  'filesFrom',
  'null',
  'shard',
  'recursive',
  'include',
  'exclude',
  'hidden',
  'split',
  'splitLines',
  'splitSize',
  'manifest',
] as const satisfies readonly (keyof Flags)[];

/** The flags that say how it does that. A resume keeps them unless it is told otherwise. */
const HOW = [
  'partSize',
  'minPartSize',
  'md5',
  'check',
  'ifNotUploaded',
  'skipUnsuitable',
  'concurrency',
  'limitRate',
  'maxRequests',
  'retries',
  'wait',
  'stallTimeout',
  'output',
] as const satisfies readonly (keyof Flags)[];

/** What a job keeps of the flags of its push. Each other flag is of one run alone. */
export const KEPT_FLAGS: readonly string[] = [...WANTED, ...HOW];

/** Whether a push keeps a journal, from which it can be continued. */
export function isJob({ names }: AskedFiles, { manifest, split }: Flags): boolean {
  return names === undefined || names.length > 1 || manifest !== undefined || split === true;
}

interface Push {
  /** The job that must be continued, if any. */
  readonly jobId?: string;
  /** Without the paths in lists that can be read again. */
  readonly paths: readonly string[];
  readonly flags: Flags;
  readonly context: CommandContext;
}

/**
 * Runs a push as a job. Until the job is finished, every failure names the one command that
 * continues all of it.
 */
export async function* asJob(
  { paths, flags, context, jobId }: Push,
  work: (job: Job, context: CommandContext) => AsyncGenerator<Outcome>,
): AsyncGenerator<Outcome> {
  const { signal, onEvent } = context;
  const wanted = { paths, flags: pick(flags, WANTED) };
  let job: Job;

  try {
    const request = {
      wanted,
      how: pick(flags, HOW),
      cwd: process.cwd(),
      manifest: flags.manifest,
      isForPieces: flags.split ?? false,
      isShared: flags.shard !== undefined,
      startOver: flags.resume === false,
      expectedId: jobId,
    };
    job = await openJob(request, { ...pushOptions(flags, context.env), signal, onEvent });
  } catch (error) {
    return yield failed(error, context);
  }

  let hasFailed = false;
  // A split with a manifest that cannot be used could only fail again, and so would `resume`.
  let isBegun = !(job.isNew && flags.split && flags.manifest !== undefined);
  const noteBegun: CommandContext['onEvent'] = (event, index) => {
    isBegun ||= event.type === 'split';
    onEvent(event, index);
  };
  const command = jobCommand(job.id, flags);

  try {
    if (job.finishedAt !== undefined && !flags.ifNotUploaded)
      yield note(againLine(job.finishedAt, job.wasCancelled));
    for await (const outcome of work(job, { ...context, onEvent: noteBegun, jobCommand: command })) {
      hasFailed ||= outcome.status === 'failed';
      if (outcome.status !== 'failed' || isBegun) yield outcome;
      else yield { ...outcome, jobCommand: undefined };
    }
    if (!hasFailed) await job.finish();
    else if (!isBegun) await job.drop();
  } catch (error) {
    yield failed(error, context);
  } finally {
    await job.close();
  }

  if (hasFailed && isBegun) {
    const how = command === null ? `resume ${job.id}, with the flags of this push` : `run: ${command}`;
    const hints = [`To continue with what is left, ${how}`];
    yield { status: 'shown', hints };
  }
}

/** The outcome of a job that cannot be opened, or whose end cannot be saved. */
function failed(error: unknown, { ending }: CommandContext): Outcome {
  if (!isUploadError(error)) throw error;
  ending.error ??= error;
  return { status: 'failed', subject: { uploadId: null, command: 'push' }, error };
}

/**
 * Continues a job in the folder in which it was begun. Its paths, lists and manifest are named from
 * there, and the manifest keeps paths as they were given.
 */
export async function* continueJob(
  { id, wanted, how, cwd }: JobSummary,
  flags: Flags,
  { env }: Pick<CommandContext, 'env'>,
  push: (asked: Omit<Push, 'context'>) => AsyncGenerator<Outcome>,
): AsyncGenerator<Outcome> {
  const { paths, flags: asked } = wanted as unknown as Wanted;
  const { stateDir } = sessionsOptions(flags, env);
  const before = process.cwd();

  try {
    process.chdir(cwd);
  } catch (cause) {
    const message = `the folder ${cwd}, in which ${id} was begun, cannot be entered`;
    const text = {
      message,
      hint: `Put it back, or give the job up: ${jobCommand(id, flags, 'cancel') ?? `cancel ${id}`}`,
    };
    const error = new UploadError('source_not_found', text, { cause, path: cwd });
    return yield { status: 'failed', subject: { uploadId: id, command: 'resume' }, error, isOfAll: true };
  }

  try {
    // The state directory is named from where the user is.
    const own = stateDir === undefined ? flags : { ...flags, stateDir: resolve(before, stateDir) };
    yield* push({ paths, flags: { ...(how as Partial<Flags>), ...own, ...asked }, jobId: id });
  } finally {
    process.chdir(before);
  }
}

function againLine(finishedAt: number, wasCancelled: boolean): string {
  const at = new Date(finishedAt * 1000).toISOString().slice(0, 19);
  return `the same push was ${wasCancelled ? 'cancelled' : 'finished'} at ${at}Z and starts over now; to skip what is done, use --if-not-uploaded or --manifest`;
}

function pick(flags: Flags, names: readonly (keyof Flags)[]): Partial<Flags> {
  const { fromConfig = {} } = flags;
  const isGiven = (name: keyof Flags) =>
    flags[name] !== undefined && flags[name] !== fromConfig[name as never];
  return Object.fromEntries(names.filter(isGiven).map((name) => [name, flags[name]]));
}
