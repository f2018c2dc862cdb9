import { basename, resolve } from 'node:path';
import {
  type OnEvent,
  openUploader,
  type TransferOptions,
  type Uploader,
  type UploadResult,
} from '../index.ts';
import { summaryLine } from '../ui/outcome-lines.ts';
import { type CommandContext, outcomeOf } from './command-context.ts';
import { mapInOrder } from './map-in-order.ts';
import type { Failure, Outcome, Subject } from './outcome.ts';

/** What an upload of several has of its own. */
interface Own {
  readonly signal: AbortSignal;
  readonly onEvent: OnEvent;
}

interface ManyUploads<Options> {
  readonly subjects: readonly Subject[];
  /** Bytes of each, as far as they are known beforehand. */
  readonly sizes?: readonly (number | undefined)[];
  /** @throws UploadError, which is told as the failure of whatever comes first */
  readonly options: () => Options;
  readonly context: CommandContext;
  /** `index`: of the subject. */
  readonly upload: (uploader: Uploader, index: number, options: Options & Own) => Promise<UploadResult>;
}

/** Works on several uploads at a time, as many as keep the line busy, and sums them up. */
export async function* uploadMany<Options extends TransferOptions>(
  work: ManyUploads<Options>,
): AsyncGenerator<Outcome> {
  const { subjects, sizes, context, upload } = work;
  const startedAt = performance.now();
  const results: UploadResult[] = [];
  const failures: Failure[] = [];
  context.expect(subjects.map((subject, index) => ({ name: nameOf(subject), bytes: sizes?.[index] })));
  const opening = open(work.options);
  opening.catch(() => undefined);
  const whenOpen = (use: (uploader: Uploader) => Promise<void>) =>
    opening.then(
      ({ uploader }) => use(uploader),
      () => undefined,
    );
  const first = createGate();
  const bug = new AbortController();
  const signal = AbortSignal.any([context.signal, bug.signal]);
  const uploadOne = async (subject: Subject, index: number): Promise<Outcome> => {
    const onEvent: OnEvent = (event) => {
      // Who waits for another process can take as long as `--wait-lock` says.
      if (event.type === 'started' || event.type === 'waiting') first.open();
      context.onEvent(event, index);
    };
    const outcome = await outcomeOf(subject, context, async () => {
      const { uploader, options } = await opening;
      const result = await upload(uploader, index, { ...options, signal, onEvent });
      results.push(result);
      return { status: 'completed', result };
    }).catch((error: unknown) => {
      // A bug: the others are stopped as by a signal, so that what they have sent is saved.
      bug.abort();
      throw error;
    });
    first.open();
    if (outcome.status === 'failed') {
      failures.push(outcome);
      context.onFailure(outcome, index);
    }
    return outcome;
  };
  const whenReady = async (index: number) => {
    // Whether the account is good shows with the first; a bad one is not tried with all of them.
    if (index > 0) await first.opened;
    await whenOpen((uploader) => uploader.whenReady());
  };
  try {
    yield* mapInOrder(subjects, { whenReady, work: oneAfterAnother(uploadOne) });
  } finally {
    await whenOpen((uploader) => uploader.close());
  }
  if (subjects.length < 2) return;
  const seconds = (performance.now() - startedAt) / 1000;
  const tried = failures.filter(({ wasSkipped }) => !wasSkipped);
  const stopped = tried.filter(({ error }) => error.code === 'interrupted').length;
  const sum = { results, of: subjects.length, failed: tried.length - stopped, stopped, seconds };
  const notes = [summaryLine(sum)];
  yield { status: 'shown', shown: { objects: [], lines: [], notes } };
}

function nameOf(subject: Subject): string {
  return 'path' in subject ? basename(subject.path) : `${subject.uploadId}`;
}

async function open<Options extends TransferOptions>(optionsOf: () => Options) {
  const options = optionsOf();
  return { options, uploader: await openUploader(options) };
}

type Work = (subject: Subject, index: number) => Promise<Outcome>;

/** What is named twice is worked on twice, but not at once: the second would find the first at work. */
function oneAfterAnother(work: Work): Work {
  const latest = new Map<string, Promise<unknown>>();
  return (subject, index) => {
    const name = 'path' in subject ? resolve(subject.path) : `${subject.uploadId}`;
    const outcome = (latest.get(name) ?? Promise.resolve()).then(() => work(subject, index));
    latest.set(
      name,
      outcome.catch(() => undefined),
    );
    return outcome;
  };
}

function createGate(): { readonly opened: Promise<void>; readonly open: () => void } {
  let open: () => void = () => undefined;
  const opened = new Promise<void>((resolve) => {
    open = resolve;
  });
  return { opened, open };
}
