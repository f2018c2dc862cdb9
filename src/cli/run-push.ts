import { statSync } from 'node:fs';
import { basename } from 'node:path';
import { setImmediate } from 'node:timers/promises';
import { dryRun, isUploadError, type Job, pruneJobs, sweepSessions, type UploadError } from '../index.ts';
import { type CommandContext, outcomeOf } from './command.ts';
import { noteTerminal, sourceOf } from './file-arguments.ts';
import { type AskedFiles, announced, forFiles } from './file-lists.ts';
import { type Outcome, untriedOutcome } from './outcome.ts';
import { withOutput } from './output-file.ts';
import { asJob, isJob } from './push-job.ts';
import { reportUploads, withUploader } from './report-uploads.ts';
import { type Flags, pushOptions, STANDARD_INPUT, sessionsOptions } from './settings.ts';
import { tuneEngine } from './tune-engine.ts';

/** Uploads the files, or prints the plan. With `jobId`, continues that job. */
export async function* runPush(
  named: readonly string[],
  flags: Flags,
  context: CommandContext,
  jobId?: string,
): AsyncGenerator<Outcome> {
  tuneEngine();
  yield* forFiles({ command: 'push', named, flags, context }, (files) => {
    const { filesFrom = [], manifest = [] } = flags;
    const output = flags.dryRun ? undefined : flags.output;
    const reads = (files.names ?? files.paths).concat(filesFrom, manifest);
    return withOutput({ output, reads }, context, (own) => pushAll(files, flags, own, jobId));
  });
  if (!flags.dryRun && !context.signal.aborted) await forgetOld(flags, context);
}

const DEFAULT_KEEP_MS = 30 * 86_400_000;

/** Errors are left for `prune` to report. */
async function forgetOld(
  { keep = DEFAULT_KEEP_MS, ...flags }: Flags,
  { env }: CommandContext,
): Promise<void> {
  const options = sessionsOptions(flags, env);
  try {
    if (await sweepSessions(keep, options)) await pruneJobs({ ...options, keepMs: keep });
  } catch (error) {
    if (!isUploadError(error)) throw error;
  }
}

async function* pushAll(
  files: AskedFiles,
  flags: Flags,
  context: CommandContext,
  jobId?: string,
): AsyncGenerator<Outcome> {
  yield* noteTerminal(files.names ?? [], context);
  const { runSplit } = flags.split ? await import('./push-pieces.ts') : {};

  if (flags.dryRun) return yield* (runSplit ?? plan)(files, flags, context);
  if (!isJob(files, flags)) return yield* uploadAll(files, flags, context);

  const { paths, isListed } = files;
  const { filesFrom: _, null: __, ...withoutLists } = flags;
  const asked = { paths, flags: isListed ? withoutLists : flags, context, ...(jobId && { jobId }) };
  yield* asJob(asked, (job, own) =>
    runSplit ? runSplit(files, flags, { ...own, job }) : uploadAll(files, flags, own, job),
  );
}

async function* uploadAll(
  files: AskedFiles,
  flags: Flags,
  ...[context, job]: readonly [CommandContext, Job?]
): AsyncGenerator<Outcome> {
  const { names } = files;
  if (flags.ifNotUploaded && names?.length !== 1)
    context.note('looking up each file first, several at a time: a file that is there already is not sent');

  yield* reportUploads({
    subjects: names && { length: names.length, at: (index) => ({ path: names[index] ?? '' }) },
    ...(names && { sizes: await sizesOf(names, context) }),
    context,
    async *upload({ onEvent, onEnd }) {
      const options = pushOptions(flags, context.env);
      const items = async function* () {
        let index = 0;
        for await (const file of announced(files, context, sizeOf)) {
          const { path, isUnsuitable } = file;
          const { source, error = file.error } = sourceOrError(path, flags, context);
          const own = { ...options, onEvent: onEvent(index) };
          yield { source, options: own, subject: { path }, error, isUnsuitable };
          index += 1;
        }
      };
      if (job) yield* job.pushAll(items(), onEnd);
      else yield* withUploader(options, context, (uploader) => uploader.pushAll(items(), onEnd));
    },
  });
}

/** Standard input may be unreadable, which is a failure of this file only. */
function sourceOrError(
  path: string,
  flags: Flags,
  context: CommandContext,
): { readonly source: string; readonly error?: UploadError } {
  try {
    return { source: sourceOf(path, flags, context) as string };
  } catch (error) {
    if (!isUploadError(error)) throw error;
    return { source: path, error };
  }
}

/** Plans the files one after the other, because only the disk takes time. */
async function* plan(files: AskedFiles, flags: Flags, context: CommandContext): AsyncGenerator<Outcome> {
  const { env, signal, onEvent } = context;
  for await (const file of files.each()) {
    const { path } = file;
    context.expect([{ name: basename(path), bytes: undefined }]);
    yield await outcomeOf({ path }, context, async () => {
      const untried = untriedOutcome(file);
      if (untried) return untried;
      const source = sourceOf(path, flags, context);
      const result = await dryRun(source, { ...pushOptions(flags, env), signal, onEvent });
      return { status: 'planned', result };
    });
  }
}

/** How many sizes are looked up before a signal can be heard. */
const IN_A_ROW = 100;

/** After a stop, the rest is unknown. */
async function sizesOf(
  paths: readonly string[],
  { signal }: CommandContext,
): Promise<readonly (number | undefined)[]> {
  const sizes: (number | undefined)[] = [];
  for (const path of paths) {
    if (sizes.length % IN_A_ROW === 0) await setImmediate();
    if (signal.aborted) break;
    sizes.push(sizeOf(path));
  }
  return sizes;
}

/**
 * Looks up the size for the progress only. A path that is not a file has nothing to send, and its
 * push will say why.
 */
function sizeOf(path: string): number | undefined {
  if (path === STANDARD_INPUT) return undefined;
  try {
    // A thread costs ten times as much as the call.
    const found = statSync(path);
    return found.isFile() ? found.size : 0;
  } catch {
    return 0;
  }
}
