import {
  type BigIntStats,
  closeSync,
  constants,
  fstatSync,
  fsyncSync,
  openSync,
  readSync,
  realpathSync,
  statSync,
  writeFileSync,
} from 'node:fs';
import { sep } from 'node:path';
import { isUploadError, UploadError } from '../index.ts';
import { AT_ONCE } from '../model/file-access.ts';
import { escapeControl } from '../ui/escape.ts';
import type { CommandContext } from './command.ts';
import type { Outcome } from './outcome.ts';

/**
 * Does the work of a push, and writes a line for each file as soon as it exists on the server. The
 * lines are synced at the end. When the output file cannot be opened, the push does not begin. When
 * it cannot be written later, that is a failure, but stops no upload.
 * @param reads the files and folders of the push, which the output must not overwrite
 */
export async function* withOutput(
  { output, reads }: { readonly output?: string | undefined; readonly reads: readonly string[] },
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

  const refusal = refusalToOverwrite(output, reads);
  if (refusal) return yield { status: 'failed', subject, error: refusal, isOfAll: true };
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

function refusalToOverwrite(output: string, reads: readonly string[]): UploadError | undefined {
  const there = found(output);
  if (!there?.isFile() || there.size === 0n) return undefined;

  const isThere = (path: string) => {
    const read = found(path);
    if (!read?.isDirectory()) return read?.ino === there.ino && read.dev === there.dev;
    const folder = `${realpathSync.native(path)}${sep}`;
    return realpathSync.native(output).startsWith(folder) && !isOutput(output);
  };
  if (!reads.some(isThere)) return undefined;

  const message = `--output would overwrite ${output}, which is to be read`;
  return new UploadError('usage', { message, hint: 'Name another file with --output.' });
}

/** What cannot be looked at cannot be read either, and its push says why. */
function found(path: string): BigIntStats | undefined {
  try {
    return statSync(path, { bigint: true });
  } catch {
    return undefined;
  }
}

/** Whether a file may be the output of an earlier push, by its first line. */
function isOutput(path: string): boolean {
  const start = Buffer.alloc(4096);
  const file = openSync(path, 'r');
  try {
    return /^[^\t\n]+\t\S+\n/.test(start.toString('latin1', 0, readSync(file, start)));
  } finally {
    closeSync(file);
  }
}
