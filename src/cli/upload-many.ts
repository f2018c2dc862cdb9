import { basename } from 'node:path';
import {
  concernsAll,
  type ItemOutcome,
  type OnEvent,
  type TransferOptions,
  type UploadError,
} from '../index.ts';
import { createTally } from '../ui/outcome-lines.ts';
import { type CommandContext, outcomeOf } from './command.ts';

import type { Failure, Outcome, Subject } from './outcome.ts';

/** One of many uploads. */
export interface Work {
  readonly subject: Subject;
  /** Set with an error that says why the file is left out, which is not a failure. */
  readonly isUnsuitable?: boolean | undefined;
  readonly error?: UploadError | undefined;
}

type Each<Options, Item> = {
  readonly options: Options;
  readonly onEvent: (index: number) => OnEvent;
  readonly onEnd: (outcome: ItemOutcome<Item>) => void;
};

interface Closable {
  close(): Promise<void>;
}

interface ManyUploads<Options, Item extends Work, Target> {
  /** Undefined when they come from folders that are still being read. */
  readonly subjects: readonly Subject[] | undefined;
  /** The bytes of each, where they are known beforehand. */
  readonly sizes?: readonly (number | undefined)[];
  /** @throws UploadError, which is reported as the failure of the first subject */
  readonly options: () => Options;
  readonly context: CommandContext;
  /** Opens the uploader. */
  readonly open: (options: Options & { readonly signal: AbortSignal }) => Promise<Target>;
  /** Starts the uploads of the subjects, in their order. */
  readonly start: (uploader: Target, each: Each<Options, Item>) => AsyncGenerator<ItemOutcome<Item>>;
}

/** Uploads several files at a time, as many as keep the connections busy, and sums them up. */
export async function* uploadMany<
  Options extends TransferOptions,
  Item extends Work,
  Target extends Closable,
>(work: ManyUploads<Options, Item, Target>): AsyncGenerator<Outcome> {
  const { subjects, sizes, context } = work;
  const { ending, signal } = context;
  const tally = createTally(() => performance.now());
  /** The failures whose turn to be reported has not come. */
  const failures = new Map<number, Failure>();
  context.expect(subjects?.map((subject, index) => ({ name: nameOf(subject), bytes: sizes?.[index] })));

  const fail = ({ item, index, error, wasSkipped }: FailedItem<Item>): Failure => {
    const known = failures.get(index);
    if (known) return known;

    const failure: Failure = {
      status: 'failed',
      subject: item.subject,
      error,
      jobCommand: context.jobCommand,
      ...(wasSkipped && { wasSkipped }),
    };
    failures.set(index, failure);
    tally.failed(failure);
    if (concernsAll(error.code)) ending.error ??= error;
    context.onFailure(failure, index);
    return failure;
  };

  const opened = await open(work, signal, {
    onEvent: (index) => (event) => context.onEvent(event, index),
    onEnd(outcome) {
      if (outcome.status === 'completed') {
        tally.completed(outcome.result);
        if ('path' in outcome.item.subject)
          context.onFile?.(outcome.item.subject.path, outcome.result.fileId);
      } else if (outcome.item.isUnsuitable) context.ended(outcome.index, 'skipped');
      else fail(outcome);
    },
  });
  if (!('uploader' in opened)) {
    for (const subject of subjects ?? [{ uploadId: null, command: 'push' }])
      yield await outcomeOf(subject, context, async () => {
        throw opened.error;
      });
    tally.untried(subjects?.length ?? 0);
  } else {
    const { uploader, outcomes } = opened;
    try {
      for await (const outcome of outcomes) {
        if (outcome.status === 'completed') yield { status: 'completed', result: outcome.result };
        else yield skipped(outcome) ?? fail(outcome);
        failures.delete(outcome.index);
      }
    } finally {
      await uploader.close();
    }
  }

  if (subjects !== undefined && subjects.length < 2) return;
  yield {
    status: 'shown',
    notes: [tally.line(subjects?.length)],
    isSummary: true,
  };
}

type FailedItem<Item> = Extract<ItemOutcome<Item>, { status: 'failed' }>;

/** Reports an unsuitable file as skipped even when no more files are tried. */
function skipped({ item }: FailedItem<Work>): Outcome | undefined {
  const { isUnsuitable, error, subject } = item;
  if (!isUnsuitable || error === undefined || !('path' in subject)) return undefined;
  return { status: 'skipped', path: subject.path, error };
}

function nameOf(subject: Subject): string {
  return 'path' in subject ? basename(subject.path) : `${subject.uploadId}`;
}

/** Opens the uploader and starts the uploads, unless the options or the sources cannot be used. */
async function open<Options extends TransferOptions, Item extends Work, Target extends Closable>(
  work: ManyUploads<Options, Item, Target>,
  signal: AbortSignal,
  listeners: Omit<Each<Options, Item>, 'options'>,
): Promise<
  | { readonly uploader: Target; readonly outcomes: AsyncGenerator<ItemOutcome<Item>> }
  | { readonly error: unknown }
> {
  let uploader: Target | undefined;
  try {
    const options = work.options();
    uploader = await work.open({ ...options, signal });
    return { uploader, outcomes: work.start(uploader, { options, ...listeners }) };
  } catch (error) {
    await uploader?.close();
    return { error };
  }
}
