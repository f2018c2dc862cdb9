import { basename } from 'node:path';
import {
  isUploadError,
  planSplit,
  pushSplit,
  type SplitShard,
  type UploadError,
  type UploadResult,
} from '../index.ts';
import { summaryLine } from '../ui/outcome-lines.ts';
import { splitPlanLine } from '../ui/split-lines.ts';
import { type CommandContext, outcomeOf } from './command-context.ts';
import { endsEverything, exitCodeOf } from './exit-codes.ts';
import type { Failure, Outcome } from './outcome.ts';
import type { Flags } from './settings.ts';
import { splitOptions } from './split-options.ts';

/** Uploads each file in shards, or says what it would do; one file after the other, each with all of the connections. */
export async function* runSplit(
  files: readonly string[],
  flags: Flags,
  context: CommandContext,
): AsyncGenerator<Outcome> {
  for (const path of files) yield* (flags.dryRun ? planOne : pushOne)(path, flags, context);
}

async function* pushOne(path: string, flags: Flags, context: CommandContext): AsyncGenerator<Outcome> {
  const { env, signal, ending } = context;
  if (ending.error)
    return yield { status: 'failed', subject: { path }, error: ending.error, wasSkipped: true };
  const startedAt = performance.now();
  const counted = (shard: SplitShard) => ({ ...shard, of: shards.length });
  const results: UploadResult[] = [];
  const failures = new Map<number, Failure>();
  let shards: readonly SplitShard[] = [];
  let told = 0;
  context.expect([{ name: basename(path), bytes: undefined }]);
  try {
    const outcomes = pushSplit(path, {
      ...splitOptions(flags, env),
      signal,
      onEvent(event) {
        if (event.type === 'split') {
          shards = event.shards;
          context.expect(shards.map(({ filename, bytes }) => ({ name: filename, bytes })));
        }
        context.onEvent(event);
      },
      onShardEvent: (event, { number }) => context.onEvent(event, number - 1),
      onShardEnd(outcome) {
        if (outcome.status === 'completed') return void results.push(outcome.result);
        const { shard, error } = outcome;
        const failure: Failure = { status: 'failed', subject: { path }, error, shard: counted(shard) };
        failures.set(shard.number, failure);
        if (endsEverything(exitCodeOf(error.code))) ending.error ??= error;
        context.onFailure(failure, shard.number - 1);
      },
    });
    for await (const outcome of outcomes) {
      const shard = counted(outcome.shard);
      told += 1;
      if (outcome.status === 'completed') yield { status: 'completed', result: outcome.result, shard };
      else yield failures.get(shard.number) ?? { ...outcome, subject: { path }, shard };
    }
    // What stands against all of them ends it before the last; scripts get an object for each all the same.
    const error = ending.error ?? [...failures.values()].at(-1)?.error;
    if (error) yield* shards.slice(told).map((shard) => skipped(path, error, counted(shard)));
  } catch (error) {
    if (!isUploadError(error)) throw error;
    if (endsEverything(exitCodeOf(error.code))) ending.error ??= error;
    yield { status: 'failed', subject: { path }, error };
    // When the source has changed half-way.
    yield* shards.slice(told).map((shard) => skipped(path, error, counted(shard)));
  }
  const of = shards.length;
  if (of < 2) return;
  const stopped = [...failures.values()].filter(({ error }) => error.code === 'interrupted').length;
  const seconds = (performance.now() - startedAt) / 1000;
  const sum = { results, of, failed: failures.size - stopped, stopped, seconds };
  yield { status: 'shown', shown: { objects: [], lines: [], notes: [summaryLine(sum)] } };
}

function skipped(path: string, error: UploadError, shard: Failure['shard']): Failure {
  return { status: 'failed', subject: { path }, error, wasSkipped: true, ...(shard && { shard }) };
}

async function* planOne(path: string, flags: Flags, context: CommandContext): AsyncGenerator<Outcome> {
  const { env, signal, onEvent } = context;
  const planned: Outcome[] = [];
  context.expect([{ name: basename(path), bytes: undefined }]);
  yield await outcomeOf({ path }, context, async () => {
    const plan = await planSplit(path, { ...splitOptions(flags, env), signal, onEvent });
    const of = plan.shards.length;
    for (const { shard, ...result } of plan.shards)
      planned.push({ status: 'planned', result, shard: { ...shard, of } });
    return { status: 'shown', shown: { objects: [], lines: [], notes: [splitPlanLine(plan)] } };
  });
  yield* planned;
}
