import { existsSync } from 'node:fs';
import { resolve } from 'node:path';
import type { Command } from 'commander';
import {
  isUploadError,
  type JobSummary,
  listJobs,
  listSessions,
  type SessionSummary,
  UploadError,
} from '../index.ts';
import { checkPushOptions } from '../options/validate.ts';
import type { CommandContext } from './command.ts';
import type { Outcome, Subject } from './outcome.ts';
import { choiceLine, leftOutLine } from './render/choice-lines.ts';
import { jobLine } from './render/job-text.ts';
import { type Flags, sessionsOptions, transferOptions } from './settings.ts';

type Choosing = 'resume' | 'cancel';

/** The uploads and jobs that a command is to work on. */
interface Chosen {
  readonly ids: readonly string[];
  readonly jobs: readonly JobSummary[];
  /** Lines that people see before the work begins. */
  readonly notes: readonly string[];
  /** The reasons why nothing can be done, or not everything. */
  readonly failures: readonly Outcome[];
}

/**
 * With `--all`, chooses every unfinished session of this server and account, in the order in which
 * they expire. Without it, a resume takes the only unfinished one, and what to cancel is never
 * guessed. A record that cannot be read may belong to an unfinished session. It counts as a
 * failure, and no other session counts as the only one then.
 * @throws UploadError as `listSessions` does
 */
async function chooseSessions(command: Choosing, flags: Flags, env: NodeJS.ProcessEnv): Promise<Chosen> {
  const subject: Subject = { uploadId: null, command };
  const list = await listSessions(sessionsOptions(flags, env));
  const allJobs = await listJobs(sessionsOptions(flags, env));
  const jobs = allJobs.filter(isReachable);
  // An upload that a job has begun continues or ends with the job.
  const ofJobs = new Set(allJobs.flatMap(({ manifests }) => manifests));
  const isOfNoJob = ({ manifest }: SessionSummary) => manifest === null || !ofJobs.has(manifest);
  const unfinished = list.sessions.filter(isUnfinished).filter(isOfNoJob).sort(byTimeLeft);
  const [ours, others] = [unfinished.filter(isReachable), unfinished.filter((each) => !isReachable(each))];
  const ids = ours.map(({ uploadId }) => uploadId);
  const notes = [
    ...allJobs.filter((job) => !isReachable(job)).map((job) => leftOutLine(job.id, job, flags)),
    ...others.map((session) => leftOutLine(session.uploadId, session, flags)),
  ];
  const broken = list.unusable.map((error) => ({ status: 'failed', subject, error }) as const);

  if (flags.all) {
    const nothing = ids.length + jobs.length + broken.length === 0 ? [`nothing to ${command}`] : [];
    return { ids, jobs, notes: [...notes, ...nothing], failures: broken };
  }

  const isOnly = command === 'resume' && ids.length + jobs.length === 1 && broken.length === 0;
  if (isOnly) return { ids, jobs, notes, failures: [] };

  const choices = [
    ...allJobs.map((job) => `  ${jobLine(job, flags, command)}`),
    ...unfinished.map((session) => choiceLine(command, session, flags)),
  ];
  const error = sayWhich(command, { unfinished, jobs: allJobs, directory: list.directory });

  return {
    ids: [],
    jobs: [],
    notes: [],
    failures: [...broken, { status: 'failed', subject, error, choices }],
  };
}

const timeLeft = ({ timeLeftMs }: SessionSummary) => timeLeftMs ?? Number.MAX_VALUE;
const byTimeLeft = (a: SessionSummary, b: SessionSummary) => timeLeft(a) - timeLeft(b);
const isUnfinished = ({ status }: SessionSummary) => status === 'pending' || status === 'completing';
const isReachable = ({ differsIn }: Pick<SessionSummary, 'differsIn'>) => differsIn.length === 0;

interface Unfinished {
  readonly unfinished: readonly SessionSummary[];
  readonly jobs: readonly JobSummary[];
  readonly directory: string;
}

function sayWhich(command: Choosing, { unfinished, jobs, directory }: Unfinished): UploadError {
  const length = unfinished.length + jobs.length;
  if (length === 0) {
    const hint = 'See what is saved with openai-upload list.';
    return new UploadError('session_unknown', { message: `nothing in ${directory} is unfinished`, hint });
  }

  const message = `say which upload to ${command}: ${length === 1 ? 'one is' : `${length} are`} unfinished`;
  const hint =
    jobs.some(isReachable) || unfinished.some(isReachable)
      ? 'Name it, or give --all.'
      : 'None belongs to the server and account that are set now.';

  return new UploadError('usage', { message, hint });
}

interface Choice {
  readonly command: 'resume' | 'cancel';
  /** The ids in the arguments. */
  readonly ids: readonly string[];
  readonly flags: Flags;
  readonly context: CommandContext;
  readonly onJob: (job: JobSummary) => AsyncGenerator<Outcome>;
}

/**
 * Works on the uploads that are named. When none is named, works on those that `chooseSessions`
 * finds.
 */
export async function* forEachChosen(
  choice: Choice,
  work: (uploadIds: readonly string[]) => AsyncGenerator<Outcome>,
): AsyncGenerator<Outcome> {
  const { ids, jobs, notes, failures } = await choose(choice);
  if (notes.length > 0) yield { status: 'shown', notes };
  for (const job of jobs) yield* choice.onJob(job);
  if (ids.length > 0) yield* work(ids);
  yield* failures;
}

async function choose({ command, ids, flags, context }: Choice): Promise<Chosen> {
  const hasJobs = ids.some((id) => id.startsWith('job_'));
  try {
    const failures = await failOnPaths(command, ids, flags, context.env);
    if (failures.length > 0) return { ids: [], jobs: [], notes: [], failures };
    if (ids.length > 0 && !hasJobs) return { ids, jobs: [], notes: [], failures: [] };
    if (hasJobs) return await findJobs(ids, flags, context.env);

    // With an invalid base URL no session would match, and the error would name the wrong cause.
    checkPushOptions({ ...transferOptions(flags, context.env), purpose: 'any' });
    return await chooseSessions(command, flags, context.env);
  } catch (error) {
    if (!isUploadError(error)) throw error;
    const subject = { uploadId: null, command };
    return { ids: [], jobs: [], notes: [], failures: [{ status: 'failed', subject, error }] };
  }
}

async function failOnPaths(
  command: Choosing,
  ids: readonly string[],
  flags: Flags,
  env: NodeJS.ProcessEnv,
): Promise<readonly Outcome[]> {
  const paths = ids.filter((id) => existsSync(id));
  if (paths.length === 0) return [];

  const { sessions } = await listSessions(sessionsOptions(flags, env));
  const unknown = paths.filter((path) => !sessions.some(({ uploadId }) => uploadId === path));
  return unknown.map((path) => {
    const ofIt = sessions.filter((session) => session.path === resolve(path) && isUnfinished(session));
    const choices = ofIt.map((session) => choiceLine(command, session, flags));
    const hint =
      choices.length > 0 ? 'It is being uploaded as:' : 'No unfinished upload of it is saved: push it.';
    const error = new UploadError('session_unknown', {
      message: `${path} is a file, not an upload id`,
      hint,
    });
    return { status: 'failed', subject: { uploadId: path, command }, error, choices };
  });
}

/** @throws UploadError `session_unknown` when a job does not exist, or has finished */
async function findJobs(ids: readonly string[], flags: Flags, env: NodeJS.ProcessEnv): Promise<Chosen> {
  const known = await listJobs(sessionsOptions(flags, env));
  const jobs = known.filter(({ id }) => ids.includes(id));
  const missing = ids.find((id) => id.startsWith('job_') && !jobs.some((job) => job.id === id));
  if (missing === undefined)
    return { ids: ids.filter((id) => !id.startsWith('job_')), jobs, notes: [], failures: [] };
  const message = `there is no unfinished job ${missing}`;
  throw new UploadError('session_unknown', { message, hint: 'See what is saved with openai-upload list.' });
}

/** Refuses upload ids together with `--all`. */
export function refuseBoth(ids: readonly string[], { all }: Flags, command: Command): void {
  if (all && ids.length > 0) command.error('error: give upload ids or --all, not both');
}
