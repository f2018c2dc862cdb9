import { isUploadError, type OnEvent, type UploadError } from '../index.ts';
import type { Outcome, Subject } from './outcome.ts';

/** What a command may use of the outside. */
export interface CommandContext {
  readonly env: NodeJS.ProcessEnv;
  readonly signal: AbortSignal;
  readonly onEvent: OnEvent;
  /** Whether stderr is a terminal. */
  readonly isTerminal: boolean;
  /** Of the terminal that stdout is, undefined when it is none. */
  readonly columns: number | undefined;
  /** The failure that stands against all that is left, once there is one. */
  readonly endedBy: () => UploadError | undefined;
}

/** Runs the work on one subject; a failure we know is its outcome, anything else is a bug and goes on up. */
export async function outcomeOf(
  subject: Subject,
  { endedBy }: Pick<CommandContext, 'endedBy'>,
  work: () => Promise<Outcome>,
): Promise<Outcome> {
  const end = endedBy();
  if (end) return { status: 'failed', subject, error: end, wasSkipped: true };
  try {
    return await work();
  } catch (error) {
    if (!isUploadError(error)) throw error;
    return { status: 'failed', subject, error };
  }
}
