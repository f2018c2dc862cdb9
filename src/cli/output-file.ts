import { closeSync, constants, fstatSync, fsyncSync, openSync, statSync, writeFileSync } from 'node:fs';
import { isUploadError, UploadError } from '../index.ts';
import { AT_ONCE } from '../model/file-access.ts';
import { escapeControl } from '../ui/escape.ts';
import type { CommandContext } from './command.ts';
import type { Outcome } from './outcome.ts';

/**
 * Does the work of a push, and writes a line for each file as soon as it exists on the server. The
 * lines are synced at the end. When the output file cannot be opened, the push does not begin. When
 * it cannot be written later, that is a failure, but stops no upload.
 */
export async function* withOutput(
  { output }: { readonly output?: string | undefined },
  context: CommandContext,
  work: (context: CommandContext) => AsyncGenerator<Outcome>,
): AsyncGenerator<Outcome> {
  if (output === undefined) return yield* work(context);
  const subject = { uploadId: null, command: 'push' };
  let failure: UploadError | undefined;

  const tryTo = <T>(action: () => T): T | undefined => {
    try {
      return action();
    } catch (cause) {
      if (isUploadError(cause) || !(cause instanceof Error)) throw cause;
      const message = `${output} cannot be written: ${cause.message}`;
      const hint = 'Name another file with --output, or make room for it.';
      failure ??= new UploadError('session_unwritable', { message, hint }, { cause });
      return undefined;
    }
  };

  const file = tryTo(() => openOutput(output));
  if (file === undefined) {
    if (failure) yield { status: 'failed', subject, error: failure, isOfAll: true };
    return;
  }

  yield* work({
    ...context,
    onFile: (path, fileId) => {
      // Unlike `writeSync`, it goes on after a short write, so a full disk becomes an error.
      if (failure === undefined) tryTo(() => writeFileSync(file, `${escapeControl(path)}\t${fileId}\n`));
    },
  });

  // A pipe cannot be synced.
  if (failure === undefined) tryTo(() => fstatSync(file).isFile() && fsyncSync(file));
  closeSync(file);
  if (failure) yield { status: 'failed', subject, error: failure, isOfAll: true };
}

/** Fails for a pipe without a reader. A plain open would wait for one and ignore signals. */
function openOutput(path: string): number {
  if (!statSync(path, { throwIfNoEntry: false })?.isFIFO()) return openSync(path, 'w');

  const look = openSync(path, constants.O_WRONLY | AT_ONCE);
  try {
    return openSync(path, 'w');
  } finally {
    closeSync(look);
  }
}
