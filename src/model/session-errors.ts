import { isUploadError, systemCode, UploadError, type UploadErrorCode } from './errors.ts';
import { WRONG_KIND } from './file-access.ts';
import { type Hint, hint, option } from './hint.ts';

/** The error for a file that is not a usable record. */
export function corrupt(file: string, why: string, cause?: unknown): UploadError {
  const message = `${file} is not a usable record of an upload: ${why}`;
  const hint =
    'Nothing was changed. If this is the right state directory, move the file away; its upload cannot be resumed.';
  return new UploadError('session_corrupt', { message, hint }, { cause });
}

/** The error for a path that cannot be read. An UploadError stays as it is. */
export function unreadable(path: string, cause: unknown): UploadError {
  return failed('session_unreadable', `${path} cannot be read`, cause);
}

/** The error for a path that cannot be written. An UploadError stays as it is. */
export function unwritable(path: string, cause: unknown): UploadError {
  return failed('session_unwritable', `${path} cannot be written`, cause);
}

function failed(code: UploadErrorCode, what: string, cause: unknown): UploadError {
  if (isUploadError(cause)) return cause;
  const message = `${what}: ${cause instanceof Error ? cause.message : cause}`;
  return new UploadError(code, { message, hint: adviceFor(cause) }, { cause });
}

/** Whether something could not be written for want of space. */
export function isDiskFull(error: unknown): boolean {
  return hasCause(error, ['ENOSPC', 'EDQUOT']);
}

/** Whether nothing can be written there at present, whatever it is. */
export function isWritingRefused(error: unknown): boolean {
  return isDiskFull(error) || hasCause(error, ['EROFS', 'EACCES']);
}

function hasCause(error: unknown, codes: readonly string[]): boolean {
  return isUploadError(error) && codes.includes(systemCode(error.facts.cause) ?? '');
}

/** Runs an action that reads a path. @throws UploadError `session_unreadable` */
export function reading<T>(path: string, action: () => T): T {
  try {
    return action();
  } catch (cause) {
    throw unreadable(path, cause);
  }
}

/** Runs an action that writes a path. @throws UploadError `session_unwritable` */
export function writing<T>(path: string, action: () => T): T {
  try {
    return action();
  } catch (cause) {
    throw unwritable(path, cause);
  }
}

/** Like `writing`, for an asynchronous action. */
export async function writingAsync<T>(path: string, action: () => Promise<T>): Promise<T> {
  try {
    return await action();
  } catch (cause) {
    throw unwritable(path, cause);
  }
}

const ANOTHER = hint`or name another place with ${option('stateDir')}.`;
const TOO_MANY_FILES: Hint = ['Too many files are open: raise the limit (ulimit -n), or run fewer at once.'];

/** Picks the advice by the cause: more space does not help against missing permissions. */
function adviceFor(cause: unknown): Hint {
  switch (systemCode(cause)) {
    case 'ENOSPC':
    case 'EDQUOT':
      return hint`Free some space, ${ANOTHER}`;
    case 'EACCES':
    case 'EPERM':
    case 'EROFS':
      return hint`Fix the permissions of the state directory, ${ANOTHER}`;
    case 'EMFILE':
    case 'ENFILE':
      return TOO_MANY_FILES;
    case WRONG_KIND:
      return hint`It was not touched. Move it away, ${ANOTHER}`;
    default:
      return hint`Check the disk that the state directory is on, ${ANOTHER}`;
  }
}

/** Returns the error of one record instead of throwing it, since it does not affect the others. */
export function onlyUploadError(error: unknown): UploadError {
  if (!isUploadError(error)) throw error;
  return error;
}
