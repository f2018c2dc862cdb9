import { isUploadError, type UploadError, type UploadEvent } from '../index.ts';
import type { ExpectedUpload } from '../ui/progress-view.ts';
import { endsEverything, exitCodeOf } from './exit-codes.ts';
import type { Failure, Outcome, Subject } from './outcome.ts';

/** What a command may use of the outside. */
export interface CommandContext {
  readonly env: NodeJS.ProcessEnv;
  readonly signal: AbortSignal;
  /** What is going to be uploaded, before the first event. */
  readonly expect: (uploads: readonly ExpectedUpload[] | undefined) => void;
  /** One more of those, when it was not known how many there are. */
  readonly found: (index: number, upload: ExpectedUpload) => void;
  /** A line for people, at once. */
  readonly note: (text: string) => void;
  /** Not opened before it is asked for. */
  readonly stdin: () => NodeJS.ReadStream;
  /** `index`: of the argument that the event is about. */
  readonly onEvent: (event: UploadEvent, index?: number) => void;
  /** Tells a failure at once; its outcome comes when it is its turn. */
  readonly onFailure: (failure: Failure, index: number) => void;
  /** Whether stderr is a terminal. */
  readonly isTerminal: boolean;
  /** Of the terminal that stdout is, undefined when it is none. */
  readonly columns: number | undefined;
  /** What goes on with the whole job, when this is one. */
  readonly jobCommand?: string;
  /** Told of each file that is there, as soon as it is. */
  readonly onFile?: (path: string, fileId: string) => void;
  /** Holds the failure that stands against all that is left, once there is one. */
  readonly ending: { error?: UploadError };
}

/**
 * Runs the work on one subject; a failure we know is its outcome, anything else is a bug and goes
 * on up.
 */
export async function outcomeOf(
  subject: Subject,
  { ending }: Pick<CommandContext, 'ending'>,
  work: () => Promise<Outcome>,
): Promise<Outcome> {
  if (ending.error) return { status: 'failed', subject, error: ending.error, wasSkipped: true };
  try {
    return await work();
  } catch (error) {
    if (!isUploadError(error)) throw error;
    if (endsEverything(exitCodeOf(error.code))) ending.error ??= error;
    return { status: 'failed', subject, error };
  }
}
