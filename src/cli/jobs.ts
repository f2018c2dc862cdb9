import { isUploadError, type Job, type JobSummary, openJob } from '../index.ts';
import { escapeControl } from '../ui/escape.ts';
import type { CommandContext } from './command.ts';
import type { AskedFiles } from './file-lists.ts';
import type { Outcome } from './outcome.ts';
import { repeatedFlags } from './render/session-command.ts';
import { type Flags, pushOptions } from './settings.ts';

/** What a push is to do: flags that make another job when they are others. */
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

/** How it is to do that: who continues it does the same, unless told otherwise. */
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
  'stallTimeout',
  'output',
] as const satisfies readonly (keyof Flags)[];

/** What a push of many was asked for, as its journal keeps it. */
interface Wanted {
  readonly paths: readonly string[];
  readonly flags: Partial<Flags>;
}

/** Whether a push keeps a journal by which it can go on. */
export function isJob({ names }: AskedFiles, { manifest, split }: Flags): boolean {
  return names === undefined || names.length > 1 || manifest !== undefined || split === true;
}

interface Push {
  /** Without those of lists that can be read again. */
  readonly paths: readonly string[];
  readonly flags: Flags;
  readonly context: CommandContext;
}

/**
 * Runs a push as a job. While it is not finished, every failure leads to the one command that goes
 * on with all of it.
 */
export async function* asJob(
  { paths, flags, context }: Push,
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
    };
    job = await openJob(request, { ...pushOptions(flags, context.env), signal, onEvent });
  } catch (error) {
    if (!isUploadError(error)) throw error;
    context.ending.error ??= error;
    return yield { status: 'failed', subject: { uploadId: null, command: 'push' }, error };
  }

  let hasFailed = false;
  const command = jobCommand(job.id, flags);

  try {
    if (job.finishedAt !== undefined && !flags.ifNotUploaded) yield note(againLine(job.finishedAt));
    for await (const outcome of work(job, { ...context, jobCommand: command })) {
      hasFailed ||= outcome.status === 'failed';
      yield outcome;
    }
    if (!hasFailed) await job.finish();
  } finally {
    await job.close();
  }

  if (hasFailed) {
    const hints = [`To go on with all that is left, run: ${escapeControl(command)}`];
    yield { status: 'shown', shown: { objects: [], lines: [], notes: [], hints } };
  }
}

/** The command that continues a job, whatever folder it is run in. */
function jobCommand(id: string, flags: Flags): string {
  return ['openai-upload resume', ...repeatedFlags(flags), id].join(' ');
}

/** What to push, and how, to go on with a job; from then on in the folder that it was begun in. */
export function continuing({ wanted, how, cwd }: JobSummary, flags: Flags): Omit<Push, 'context'> {
  const { paths, flags: asked } = wanted as unknown as Wanted;
  if (cwd !== process.cwd()) process.chdir(cwd);
  return { paths, flags: { ...(how as Partial<Flags>), ...flags, ...asked } };
}

/** An unfinished job in a line, for people. */
export function jobLine({ id, wanted, done, startedAt }: JobSummary, flags: Flags): string {
  const { paths } = wanted as unknown as Wanted;
  const [first = 'a list', ...more] = paths.length > 0 ? paths : ((wanted.flags as Flags).filesFrom ?? []);
  const what = more.length === 0 ? first : `${first} and ${more.length.toLocaleString('en')} more`;
  const begun = new Date(startedAt * 1000).toISOString().slice(0, 19);
  return escapeControl(
    `${jobCommand(id, flags)}  # a push of ${what}, begun ${begun}Z, ${done.toLocaleString('en')} files done`,
  );
}

/** The object that `list --json` prints for it. */
export function jobJson(job: JobSummary, flags: Flags): Readonly<Record<string, unknown>> {
  const { id, cwd, startedAt, done, baseUrl, organization, project } = job;
  const account = { base_url: baseUrl, organization, project };
  const command = { resume_command: jobCommand(id, flags) };
  return {
    v: 1,
    status: 'unfinished',
    job: id,
    cwd,
    started_at: startedAt,
    files_done: done,
    ...account,
    ...command,
  };
}

function againLine(finishedAt: number): string {
  const at = new Date(finishedAt * 1000).toISOString().slice(0, 19);
  return `the same push was finished at ${at}Z and starts over: --if-not-uploaded sends no bytes twice, and --manifest keeps a list to go by`;
}

function note(text: string): Outcome {
  return { status: 'shown', shown: { objects: [], lines: [], notes: [text] } };
}

function pick(flags: Flags, names: readonly (keyof Flags)[]): Partial<Flags> {
  const { fromConfig = {} } = flags;
  const isGiven = (name: keyof Flags) =>
    flags[name] !== undefined && flags[name] !== fromConfig[name as never];
  return Object.fromEntries(names.filter(isGiven).map((name) => [name, flags[name]]));
}
