import { UploadError } from './errors.ts';
import { hint, option } from './hint.ts';

/** The content of the file is not a record of ours. */
export function corrupt(file: string, why: string, cause?: unknown): UploadError {
  const message = `${file} is not a usable record of an upload: ${why}`;
  const hint =
    'Nothing was changed. Is this the right state directory? Then move the file away; what it stood for cannot be resumed.';
  return new UploadError('session_corrupt', { message, hint }, { cause });
}

export function unreadable(path: string, cause: unknown): UploadError {
  const message = `${path} cannot be read: ${reasonOf(cause)}`;
  const advice = hint`Check the permissions of the state directory, or name another with ${option('stateDir')}.`;
  return new UploadError('session_unreadable', { message, hint: advice }, { cause });
}

export function unwritable(path: string, cause: unknown): UploadError {
  const message = `${path} cannot be written: ${reasonOf(cause)}`;
  const advice = hint`Free some space or fix the permissions, or name another place with ${option('stateDir')}.`;
  return new UploadError('session_unwritable', { message, hint: advice }, { cause });
}

function reasonOf(cause: unknown): string {
  return cause instanceof Error ? cause.message : String(cause);
}
