import { existsSync } from 'node:fs';
import { resolve } from 'node:path';
import type { Command } from 'commander';
import {
  type Account,
  isUploadError,
  type JobSummary,
  listJobs,
  listSessions,
  type SessionSummary,
  UploadError,
} from '../index.ts';
import { shownUrl } from '../model/base-url.ts';
import { checkPushOptions } from '../options/validate.ts';
import { escapeControl } from '../ui/escape.ts';
import { formatDuration, formatOwner, sentPercent } from '../ui/format.ts';
import type { CommandContext } from './command.ts';
import { formatProfile, profileFor } from './config/profiles.ts';
import type { Failure, Outcome } from './outcome.ts';
import { jobLine } from './render/job-text.ts';
import { formatObstacle, sessionCommand } from './render/session-command.ts';
import { type Flags, sessionsOptions, transferOptions } from './settings.ts';

type Choosing = 'resume' | 'cancel';

/** The uploads and jobs that a command is to work on. */
interface Chosen {
  readonly ids?: readonly string[];
  readonly jobs?: readonly JobSummary[];
  /** Lines that people see before the work begins. */
  readonly notes?: readonly string[];
  /** The reasons why nothing can be done, or not everything. */
  readonly failures?: readonly Outcome[];
}

interface Choice {
  readonly command: Choosing;
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
  const { ids = [], jobs = [], notes = [], failures = [] } = await choose(choice);
  if (notes.length > 0) yield { status: 'shown', notes };
  for (const job of jobs) yield* choice.onJob(job);
  if (ids.length > 0) yield* work(ids);
  yield* failures;
}

async function choose({ command, ids, flags, context }: Choice): Promise<Chosen> {
  try {
    const failures = await failOnPaths(command, ids, flags, context);
    if (failures.length > 0) return { failures };
    if (ids.some(isJobId)) return await findJobs(ids, flags, context);
    if (ids.length > 0) return { ids };

    // With an invalid base URL no session would match, and the error would name the wrong cause.
    checkPushOptions({ ...transferOptions(flags, context.env), purpose: 'any' });
    return await chooseSessions(command, flags, context);
  } catch (error) {
    if (!isUploadError(error)) throw error;
    return { failures: [{ status: 'failed', subject: { uploadId: null, command }, error }] };
  }
}

/**
 * With `--all`, chooses every unfinished session of this server and account, in the order in which
 * they expire. Without it, a resume takes the only unfinished one, and what to cancel is never
 * guessed. A record that cannot be read may belong to an unfinished session. It counts as a
 * failure, and no other session counts as the only one then.
 * @throws UploadError as `listSessions` does
 */
async function chooseSessions(command: Choosing, flags: Flags, context: CommandContext): Promise<Chosen> {
  const subject = { uploadId: null, command };
  const options = { ...sessionsOptions(flags, context.env), signal: context.signal };
  const list = await listSessions(options);
  const allJobs = await listJobs(options);
  // An upload that a job has begun continues or ends with the job.
  const ofJobs = new Set(allJobs.flatMap(({ manifests }) => manifests));
  const isOfNoJob = ({ manifest }: SessionSummary) => manifest === null || !ofJobs.has(manifest);
  const unfinished = list.sessions.filter(isUnfinished).filter(isOfNoJob).sort(byTimeLeft);

  const ids = unfinished.filter(isReachable).map(({ uploadId }) => uploadId);
  const jobs = allJobs.filter(isReachable);
  const notes = [...allJobs, ...unfinished]
    .filter((each) => !isReachable(each))
    .map((each) => leftOutLine('id' in each ? each.id : each.uploadId, each, flags));
  const broken = list.unusable.map((error) => ({ status: 'failed', subject, error }) as const);

  if (flags.all) {
    const nothing = ids.length + jobs.length + broken.length === 0 ? [`nothing to ${command}`] : [];
    return { ids, jobs, notes: [...notes, ...nothing], failures: broken };
  }

  const isOnly = command === 'resume' && ids.length + jobs.length === 1 && broken.length === 0;
  if (isOnly) return { ids, jobs, notes };

  const choices = [
    ...allJobs.map((job) => `  ${jobLine(job, flags, command)}`),
    ...unfinished.map((session) => choiceLine(command, session, flags)),
  ];
  const error =
    choices.length === 0
      ? unknown(`nothing in ${list.directory} is unfinished`)
      : sayWhich(command, choices.length, ids.length + jobs.length > 0);

  return { failures: [...broken, { status: 'failed', subject, error, choices }] };
}

const timeLeft = ({ timeLeftMs }: SessionSummary) => timeLeftMs ?? Number.MAX_VALUE;
const byTimeLeft = (a: SessionSummary, b: SessionSummary) => timeLeft(a) - timeLeft(b);
export const isUnfinished = ({ status }: SessionSummary) => status === 'pending' || status === 'completing';
const isReachable = ({ differsIn }: Pick<SessionSummary, 'differsIn'>) => differsIn.length === 0;
const isJobId = (id: string) => id.startsWith('job_');

function unknown(message: string, hint = 'See what is saved with openai-upload list.'): UploadError {
  return new UploadError('session_unknown', { message, hint });
}

function sayWhich(command: Choosing, count: number, isAnyReachable: boolean): UploadError {
  const message = `say which upload to ${command}: ${count === 1 ? 'one is' : `${count} are`} unfinished`;
  const hint = isAnyReachable
    ? 'Name it, or give --all.'
    : 'None belongs to the server and account that are set now.';
  return new UploadError('usage', { message, hint });
}

/** Says why an unfinished upload or job is not among the choices. */
function leftOutLine(id: string, of: Account, { profiles }: Flags): string {
  const [known, baseUrl] = [id, shownUrl(of.baseUrl)].map(escapeControl);
  const profile = profileFor(of, profiles);
  const whose =
    profile === undefined ? `another account, or another server (${baseUrl})` : formatProfile(profile);
  return `${known} is left out: it belongs to ${whose}`;
}

/** Describes an upload in one line, which ends with the command for it. */
function choiceLine(command: string, session: SessionSummary, flags: Flags): string {
  const { filename, timeLeftMs, lockedBy } = session;
  const words = [
    escapeControl(filename),
    `${sentPercent(session)} %`,
    timeLeftMs === null ? '' : `${formatDuration(timeLeftMs)} left`,
    lockedBy === null ? '' : `${formatOwner(lockedBy)} is working on it`,
    formatObstacle(session, flags),
  ].filter(Boolean);
  const next = sessionCommand(command, session, flags) ?? escapeControl(session.uploadId);
  return `  ${words.join(', ')}: ${next}`;
}

/** Fails for paths in the place of ids, and names the uploads that the command can take instead. */
export async function failOnPaths(
  command: Choosing | 'status',
  ids: readonly string[],
  flags: Flags,
  { env, signal }: Pick<CommandContext, 'env' | 'signal'>,
): Promise<readonly Failure[]> {
  const paths = ids.filter((id) => existsSync(id));
  if (paths.length === 0) return [];

  const { sessions } = await listSessions({ ...sessionsOptions(flags, env), signal });
  const isChoice = command === 'status' ? () => true : isUnfinished;
  const other = paths.filter((path) => !sessions.some(({ uploadId }) => uploadId === path));
  return other.map((path) => {
    const choices = sessions
      .filter((session) => session.path === resolve(path) && isChoice(session))
      .map((session) => choiceLine(command, session, flags));
    const none = `No ${command === 'status' ? '' : 'unfinished '}upload of it is saved: push it.`;
    const some = command === 'status' ? 'It is saved as:' : 'It is being uploaded as:';
    const error = unknown(`${path} is a file, not an upload id`, choices.length > 0 ? some : none);
    return { status: 'failed', subject: { uploadId: path, command }, error, choices };
  });
}

/** @throws UploadError `session_unknown` when a job does not exist, or has finished */
async function findJobs(ids: readonly string[], flags: Flags, context: CommandContext): Promise<Chosen> {
  const known = await listJobs({ ...sessionsOptions(flags, context.env), signal: context.signal });
  const jobs = known.filter(({ id }) => ids.includes(id));
  const missing = ids.find((id) => isJobId(id) && !jobs.some((job) => job.id === id));
  if (missing !== undefined) throw unknown(`there is no unfinished job ${missing}`);
  return { ids: ids.filter((id) => !isJobId(id)), jobs };
}

/** Refuses upload ids together with `--all`. */
export function refuseBoth(ids: readonly string[], { all }: Flags, command: Command): void {
  if (all && ids.length > 0) command.error('error: give upload ids or --all, not both');
}
