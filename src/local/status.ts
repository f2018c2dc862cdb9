import type { SessionDetails } from '../model/session-summary.ts';
import { unknownSession } from '../upload/read-session.ts';
import { describeDetails } from './describe-session.ts';
import type { LocalDependencies } from './local-dependencies.ts';

/**
 * Describes a session in full, with the next step.
 * @throws UploadError `session_unknown`, `session_corrupt`, `session_newer`, `session_unreadable`
 */
export async function sessionStatus(uploadId: string, deps: LocalDependencies): Promise<SessionDetails> {
  const saved = await deps.records.read(uploadId);
  if (saved === undefined) throw unknownSession(uploadId, deps.records);
  return await describeDetails(saved, deps);
}
