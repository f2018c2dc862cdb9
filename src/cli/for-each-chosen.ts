import { isUploadError } from '../index.ts';
import { checkPushOptions } from '../options/validate.ts';
import { type Chosen, chooseSessions } from './choose-sessions.ts';
import type { CommandContext } from './command-context.ts';
import type { Outcome } from './outcome.ts';
import { type Flags, transferOptions } from './settings.ts';

interface Choice {
  readonly command: 'resume' | 'cancel';
  /** As named by the arguments. */
  readonly ids: readonly string[];
  readonly flags: Flags;
  readonly context: CommandContext;
}

/** Works on the uploads that are named or, when none is, on those that are meant. */
export async function* forEachChosen(
  choice: Choice,
  work: (uploadIds: readonly string[]) => AsyncGenerator<Outcome>,
): AsyncGenerator<Outcome> {
  const { ids, notes, failures } = await choose(choice);
  if (notes.length > 0) yield { status: 'shown', shown: { objects: [], lines: [], notes } };
  if (ids.length > 0) yield* work(ids);
  yield* failures;
}

async function choose({ command, ids, flags, context }: Choice): Promise<Chosen> {
  if (ids.length > 0) return { ids, notes: [], failures: [] };
  try {
    // Of an address that is none no session would be ours, which is not what is wrong.
    checkPushOptions({ ...transferOptions(flags, context.env), purpose: 'any' });
    return await chooseSessions(command, flags, context.env);
  } catch (error) {
    if (!isUploadError(error)) throw error;
    const subject = { uploadId: null, command };
    return { ids: [], notes: [], failures: [{ status: 'failed', subject, error }] };
  }
}
