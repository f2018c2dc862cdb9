import { basename } from 'node:path';
import {
  type ItemOutcome,
  type OnEvent,
  openUploader,
  type TransferOptions,
  type Uploader,
  type UploadResult,
} from '../index.ts';
import { summaryLine } from '../ui/outcome-lines.ts';
import { type CommandContext, outcomeOf } from './command.ts';
import { endsEverything, exitCodeOf } from './exit-codes.ts';
import type { Failure, Outcome, Subject } from './outcome.ts';

type OnEnd = (outcome: ItemOutcome<unknown>) => void;

interface ManyUploads<Options> {
  readonly subjects: readonly Subject[];
  /** Bytes of each, as far as they are known beforehand. */
  readonly sizes?: readonly (number | undefined)[];
  /** @throws UploadError, which is reported as the failure of the first */
  readonly options: () => Options;
  readonly context: CommandContext;
  /** Starts the uploads of the subjects, in their order. */
  readonly start: (
    uploader: Uploader,
    each: { readonly options: Options; readonly onEvent: (index: number) => OnEvent; readonly onEnd: OnEnd },
  ) => AsyncGenerator<ItemOutcome<unknown>>;
}

/** Uploads several at a time, as many as keep the connections busy, and sums them up. */
export async function* uploadMany<Options extends TransferOptions>(
  work: ManyUploads<Options>,
): AsyncGenerator<Outcome> {
  const { subjects, sizes, context } = work;
  const { ending, signal } = context;
  const startedAt = performance.now();
  const results: UploadResult[] = [];
  const failures = new Map<number, Failure>();
  context.expect(subjects.map((subject, index) => ({ name: nameOf(subject), bytes: sizes?.[index] })));

  const fail = (index: number, error: Failure['error'], wasSkipped: boolean): Failure => {
    const known = failures.get(index);
    if (known) return known;

    const subject = subjects[index] as Subject;
    const failure: Failure = { status: 'failed', subject, error, ...(wasSkipped && { wasSkipped }) };
    failures.set(index, failure);
    if (endsEverything(exitCodeOf(error.code))) ending.error ??= error;
    context.onFailure(failure, index);
    return failure;
  };

  const opened = await open(work, signal, {
    onEvent: (index) => (event) => context.onEvent(event, index),
    onEnd(outcome) {
      if (outcome.status === 'completed') results.push(outcome.result);
      else fail(outcome.index, outcome.error, outcome.wasSkipped);
    },
  });
  if (!('uploader' in opened)) {
    for (const subject of subjects)
      yield await outcomeOf(subject, context, async () => {
        throw opened.error;
      });
  } else {
    const { uploader, outcomes } = opened;
    try {
      for await (const outcome of outcomes) {
        if (outcome.status === 'completed') yield { status: 'completed', result: outcome.result };
        else yield fail(outcome.index, outcome.error, outcome.wasSkipped);
      }
    } finally {
      await uploader.close();
    }
  }

  if (subjects.length < 2) return;

  const tried = [...failures.values()].filter(({ wasSkipped }) => !wasSkipped);
  const stopped = tried.filter(({ error }) => error.code === 'interrupted').length;
  const seconds = (performance.now() - startedAt) / 1000;
  const sum = { results, of: subjects.length, failed: tried.length - stopped, stopped, seconds };
  yield { status: 'shown', shown: { objects: [], lines: [], notes: [summaryLine(sum)] } };
}

function nameOf(subject: Subject): string {
  return 'path' in subject ? basename(subject.path) : `${subject.uploadId}`;
}

/** Opens the uploader and starts the uploads, unless the options or the sources cannot be used. */
async function open<Options extends TransferOptions>(
  work: ManyUploads<Options>,
  signal: AbortSignal,
  listeners: { readonly onEvent: (index: number) => OnEvent; readonly onEnd: OnEnd },
): Promise<
  | { readonly uploader: Uploader; readonly outcomes: AsyncGenerator<ItemOutcome<unknown>> }
  | { readonly error: unknown }
> {
  let uploader: Uploader | undefined;
  try {
    const options = work.options();
    uploader = await openUploader({ ...options, signal });
    return { uploader, outcomes: work.start(uploader, { options, ...listeners }) };
  } catch (error) {
    await uploader?.close();
    return { error };
  }
}
