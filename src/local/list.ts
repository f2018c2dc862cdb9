import { isUploadError, type UploadError } from '../model/errors.ts';
import type { SessionList, SessionSummary } from '../model/session-summary.ts';
import { describeSession } from './describe-session.ts';
import type { LocalDependencies } from './local-dependencies.ts';

/**
 * Lists the saved sessions, newest first.
 * @throws UploadError `session_unreadable` when the state directory cannot be read
 */
export async function listSessions(deps: LocalDependencies): Promise<SessionList> {
  const { directory, list } = deps.records;
  const { sessions: saved, unusable: broken } = await list();
  const sessions: SessionSummary[] = [];
  const unusable: UploadError[] = [...broken];

  for (const each of saved) {
    try {
      sessions.push(await describeSession(each, deps));
    } catch (error) {
      if (!isUploadError(error)) throw error;
      unusable.push(error);
    }
  }

  return { directory, sessions, unusable };
}
