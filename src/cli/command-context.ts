import { isUploadError, type OnEvent } from '../index.ts';
import type { Outcome, Subject } from './outcome.ts';

/** What a command may use of the outside. */
export interface CommandContext {
  readonly env: NodeJS.ProcessEnv;
  readonly signal: AbortSignal;
  readonly onEvent: OnEvent;
}

/** Runs the work on one subject; a failure we know is its outcome, anything else is a bug and goes on up. */
export async function outcomeOf(subject: Subject, work: () => Promise<Outcome>): Promise<Outcome> {
  try {
    return await work();
  } catch (error) {
    if (!isUploadError(error)) throw error;
    return { status: 'failed', subject, error };
  }
}
