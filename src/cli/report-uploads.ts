import { basename } from 'node:path';
import {
  concernsAll,
  type ItemOutcome,
  type OnEvent,
  openUploader,
  type TransferOptions,
  type UploadError,
  type Uploader,
} from '../index.ts';
import { systemClock } from '../model/clock.ts';
import { createTally } from '../ui/outcome-lines.ts';
import type { Listed } from '../ui/progress-view.ts';
import { type CommandContext, outcomeOf } from './command.ts';
import type { Failure, Outcome, Subject } from './outcome.ts';

/** One of several uploads. */
interface Item {
  readonly subject: Subject;
  /** Set with an error that says why the file is left out, which is not a failure. */
  readonly isUnsuitable?: boolean | undefined;
  readonly error?: UploadError | undefined;
}

/** What the uploads call while they go on. */
interface Listeners {
  readonly onEvent: (index: number) => OnEvent;
  readonly onEnd: (outcome: ItemOutcome<Item>) => void;
}

interface Uploads {
  /** Undefined when they come from folders that are still being read. */
  readonly subjects: Listed<Subject> | undefined;
  /** The bytes of each, where they are known beforehand. */
  readonly sizes?: readonly (number | undefined)[];
  readonly context: CommandContext;
  /**
   * Uploads the subjects, in their order.
   * @throws UploadError before the first upload, which is then the failure of every subject
   */
  readonly upload: (listeners: Listeners) => AsyncGenerator<ItemOutcome<Item>>;
}

/** Reports several uploads as they go on and as they end, and sums them up. */
export async function* reportUploads({ subjects, sizes, context, upload }: Uploads): AsyncGenerator<Outcome> {
  const { ending } = context;
  const tally = createTally(systemClock.monotonic);
  /** The failures whose turn to be reported has not come. */
  const failures = new Map<number, Failure>();
  context.expect(
    subjects && {
      length: subjects.length,
      at: (index) => ({ name: nameOf(subjects.at(index)), bytes: sizes?.[index] }),
    },
  );

  const fail = ({ item, index, error, wasSkipped }: FailedItem): Failure => {
    const known = failures.get(index);
    if (known) return known;

    const { jobCommand } = context;
    const failure: Failure = { status: 'failed', subject: item.subject, error, jobCommand, wasSkipped };
    failures.set(index, failure);
    tally.failed(failure);
    if (concernsAll(error.code)) ending.error ??= error;
    context.onFailure(failure, index);
    return failure;
  };

  const listeners: Listeners = {
    onEvent: (index) => (event) => context.onEvent(event, index),
    onEnd(outcome) {
      const { item, index } = outcome;
      if (outcome.status === 'completed') {
        tally.completed(outcome.result);
        if ('path' in item.subject) context.onFile?.(item.subject.path, outcome.result.fileId);
      } else if (item.isUnsuitable) context.ended(index, 'skipped');
      else fail(outcome);
    },
  };

  try {
    let count = 0;
    for await (const outcome of upload(listeners)) {
      count += 1;
      if (outcome.status === 'completed') yield { status: 'completed', result: outcome.result };
      else yield skipped(outcome) ?? fail(outcome);
      failures.delete(outcome.index);
    }
    // After a signal, not even the names of the rest were taken.
    tally.untried((subjects?.length ?? count) - count);
  } catch (error) {
    const all: Listed<Subject> = subjects ?? [{ uploadId: null, command: 'push' }];
    for (let index = 0; index < all.length; index += 1) {
      const subject = all.at(index);
      if (subject) yield await outcomeOf(subject, context, () => Promise.reject(error));
    }
    tally.untried(subjects?.length ?? 0);
  }

  if (subjects !== undefined && subjects.length < 2) return;
  yield { status: 'shown', notes: [tally.line(subjects?.length)], isSummary: true };
}

type FailedItem = Extract<ItemOutcome<Item>, { status: 'failed' }>;

/** Reports an unsuitable file as skipped even when no more files are tried. */
function skipped({ item }: FailedItem): Outcome | undefined {
  const { isUnsuitable, error, subject } = item;
  if (!isUnsuitable || error === undefined || !('path' in subject)) return undefined;
  return { status: 'skipped', path: subject.path, error };
}

function nameOf(subject: Subject | undefined): string {
  if (subject === undefined) return '';
  return 'path' in subject ? basename(subject.path) : `${subject.uploadId}`;
}

/** Opens an uploader for as long as its uploads take. @throws UploadError as `openUploader` does */
export async function* withUploader<T>(
  options: TransferOptions,
  { signal }: CommandContext,
  upload: (uploader: Uploader) => AsyncGenerator<T>,
): AsyncGenerator<T> {
  const uploader = await openUploader({ ...options, signal });
  try {
    yield* upload(uploader);
  } finally {
    await uploader.close();
  }
}
