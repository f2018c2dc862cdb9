import { isUploadError, type UploadError } from '../model/errors.ts';
import { onlyUploadError } from '../model/session-errors.ts';
import type { SessionList, SessionSummary } from '../model/session-summary.ts';
import { describeSession, summarize } from './describe-session.ts';
import { type LocalDependencies, recordBatches } from './local-dependencies.ts';

/**
 * Lists the saved sessions, newest first.
 * @throws UploadError `session_unreadable` when the state directory cannot be read
 */
export async function listSessions(deps: LocalDependencies): Promise<SessionList> {
  const sessions: SessionSummary[] = [];
  const unusable: UploadError[] = [];

  for await (const batch of sessionBatches(deps))
    for (const each of batch) {
      if (isUploadError(each)) unusable.push(each);
      else sessions.push(each);
    }

  sessions.sort((a, b) => b.beganAtMs - a.beganAtMs);
  return { directory: deps.records.directory, sessions, unusable };
}

/**
 * Yields the saved sessions in no particular order, some at a time, or the error of one that cannot
 * be read.
 * @throws what `listSessions` throws
 */
export async function* sessionBatches(
  deps: LocalDependencies,
): AsyncGenerator<readonly (SessionSummary | UploadError)[]> {
  for await (const batch of recordBatches(deps, { inThread: true })) {
    const described: (SessionSummary | UploadError)[] = [];
    for (const each of batch) {
      if (isUploadError(each)) described.push(each);
      else if (each.isFree) described.push(summarize(each, null, deps));
      else described.push(await describeSession(each, deps).catch(onlyUploadError));
    }
    yield described;
  }
}
