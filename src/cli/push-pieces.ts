import { basename, dirname, join } from 'node:path';
import {
  concernsAll,
  isUploadError,
  type Job,
  type Piece,
  planSplit,
  pushSplit,
  type SplitOptions,
  type UploadError,
} from '../index.ts';
import { systemClock } from '../model/clock.ts';
import { createTally, splitPlanLine } from '../ui/outcome-lines.ts';
import { type CommandContext, outcomeOf } from './command.ts';

import type { AskedFiles } from './file-lists.ts';
import { type Failure, type Outcome, untriedOutcome } from './outcome.ts';
import { type Flags, pushOptions } from './settings.ts';

/**
 * Uploads each file in pieces, or prints the plan. Files go one after the other, and each uses all
 * connections.
 */
export async function* runSplit(
  files: AskedFiles,
  flags: Flags,
  { job, ...context }: CommandContext & { readonly job?: Job },
): AsyncGenerator<Outcome> {
  for await (const file of files.each()) {
    const { path } = file;
    const untried = untriedOutcome(file);
    if (untried) yield untried;
    else yield* flags.dryRun ? planOne(path, flags, context) : pushOne(path, flags, { ...context, job });
  }
}

async function* pushOne(
  path: string,
  flags: Flags,
  { job, ...context }: CommandContext & { readonly job?: Job | undefined },
): AsyncGenerator<Outcome> {
  const { env, signal, ending } = context;
  if (ending.error)
    return yield { status: 'failed', subject: { path }, error: ending.error, wasSkipped: true };

  const tally = createTally(systemClock.monotonic);
  const counted = (piece: Piece) => ({ ...piece, of: pieces.length });
  const failures = new Map<number, Failure>();
  let pieces: readonly Piece[] = [];
  let told = 0;

  const untold = (error: UploadError) => {
    const rest = pieces.slice(told);
    tally.untried(rest.length);
    return rest.map((piece) => skipped(path, error, counted(piece)));
  };

  context.expect([{ name: basename(path), bytes: undefined }]);

  try {
    const outcomes = pushSplit(path, {
      ...splitOptions(flags, env),
      ...(job && flags.manifest === undefined && { manifest: job.manifestOf(path), replaceManifest: true }),
      signal,
      onEvent(event) {
        context.onEvent(event);
        if (event.type !== 'split') return;
        pieces = event.pieces;
        context.expect(pieces.map(({ filename, bytes }) => ({ name: filename, bytes })));
      },
      onPieceEvent: (event, { number }) => context.onEvent(event, number - 1),
      onPieceEnd(outcome) {
        if (outcome.status === 'completed') {
          context.onFile?.(join(dirname(path), outcome.piece.filename), outcome.result.fileId);
          return tally.completed(outcome.result);
        }
        const { piece, error } = outcome;
        const { jobCommand } = context;
        const failure: Failure = {
          status: 'failed',
          subject: { path },
          error,
          piece: counted(piece),
          jobCommand,
        };
        failures.set(piece.number, failure);
        tally.failed(failure);
        if (concernsAll(error.code)) ending.error ??= error;
        context.onFailure(failure, piece.number - 1);
      },
    });
    for await (const outcome of outcomes) {
      const piece = counted(outcome.piece);
      told += 1;
      if (outcome.status === 'completed') yield { status: 'completed', result: outcome.result, piece };
      else yield failures.get(piece.number) ?? { ...outcome, subject: { path }, piece };
    }
    // A failure that applies to all pieces ends the upload before the last. Scripts still get an
    // object for each piece.
    const error = ending.error ?? [...failures.values()].at(-1)?.error;
    if (error) yield* untold(error);
  } catch (error) {
    if (!isUploadError(error)) throw error;
    if (concernsAll(error.code)) ending.error ??= error;
    yield { status: 'failed', subject: { path }, error, jobCommand: context.jobCommand };
    // The source may have changed halfway.
    yield* untold(error);
  }

  if (pieces.length < 2) return;
  yield {
    status: 'shown',
    notes: [tally.line(pieces.length)],
    isSummary: true,
  };
}

function skipped(path: string, error: UploadError, piece: Failure['piece']): Failure {
  return { status: 'failed', subject: { path }, error, wasSkipped: true, ...(piece && { piece }) };
}

async function* planOne(path: string, flags: Flags, context: CommandContext): AsyncGenerator<Outcome> {
  const { env, signal, onEvent } = context;
  const planned: Outcome[] = [];
  context.expect([{ name: basename(path), bytes: undefined }]);
  yield await outcomeOf({ path }, context, async () => {
    const plan = await planSplit(path, { ...splitOptions(flags, env), signal, onEvent });
    const of = plan.pieces.length;
    for (const { piece, ...result } of plan.pieces)
      planned.push({ status: 'planned', result, piece: { ...piece, of } });
    return { status: 'shown', notes: [splitPlanLine(plan)] };
  });
  yield* planned;
}

/**
 * Returns the options of a push in pieces. Flags win over the environment, which wins over the
 * defaults.
 */
export function splitOptions(flags: Flags, env: NodeJS.ProcessEnv): SplitOptions {
  const { splitLines, splitSize, manifest } = flags;
  return {
    ...pushOptions(flags, env),
    purpose: 'batch',
    ...(splitLines !== undefined && { splitLines }),
    ...(splitSize !== undefined && { splitBytes: splitSize }),
    ...(manifest !== undefined && { manifest }),
  };
}
