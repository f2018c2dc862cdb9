import { isUploadError, type UploadError } from '../model/errors.ts';
import type { SessionList, SessionSummary } from '../model/session-summary.ts';
import { describeSession } from './describe-session.ts';
import { eachRecord, type LocalDependencies } from './local-dependencies.ts';

/**
 * Lists the saved sessions, newest first.
 * @throws UploadError `session_unreadable` when the state directory cannot be read
 */
export async function listSessions(deps: LocalDependencies): Promise<SessionList> {
  const sessions: SessionSummary[] = [];
  const unusable: UploadError[] = [];

  for await (const each of eachSession(deps)) {
    if (isUploadError(each)) unusable.push(each);
    else sessions.push(each);
  }

  sessions.sort((a, b) => b.beganAtMs - a.beganAtMs);
  return { directory: deps.records.directory, sessions, unusable };
}

/**
 * Yields the saved sessions in no particular order, or the error of one that cannot be read.
 * @throws what `listSessions` throws
 */
export async function* eachSession(deps: LocalDependencies): AsyncGenerator<SessionSummary | UploadError> {
  for await (const each of eachRecord(deps)) {
    if (isUploadError(each)) {
      yield each;
      continue;
    }

    try {
      yield await describeSession(each, deps);
    } catch (error) {
      if (!isUploadError(error)) throw error;
      yield error;
    }
  }
}
