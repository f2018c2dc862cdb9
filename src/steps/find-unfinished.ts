import { isUploadError } from '../model/errors.ts';
import type { SessionRecord } from '../sessions/record.ts';
import type { Session } from '../sessions/session.ts';
import { findLostFile } from './complete-upload.ts';
import type { Wish } from './create-session.ts';
import { openSource } from './open-source.ts';
import { type Run, timeLeftMs } from './run.ts';

/**
 * The newest session that would fulfil the same wish and still can: same file, server and purpose, not expired.
 * It says why it passes over a session of the same file. `partBytes` does not matter, a session keeps its own.
 * @throws UploadError `session_corrupt`, `session_unreadable`: a record that cannot be read may be the very one
 */
export async function findUnfinished(wish: Wish, run: Run): Promise<Session | undefined> {
  const { sessions, unusable } = run.deps.sessions.list();
  const [fault] = unusable.filter((error) => error.code !== 'session_newer');
  if (fault) throw fault;
  for (const session of sessions.filter(({ record }) => isSameWish(record, wish, run))) {
    const obstacle = await obstacleTo(session, run);
    if (obstacle === undefined) return session;
    const message = `${session.record.uploadId} cannot be continued: ${obstacle}; starting a new upload`;
    run.deps.onEvent({ type: 'note', level: 'warning', message });
  }
  return undefined;
}

function isSameWish(record: SessionRecord, wish: Wish, { deps }: Run): boolean {
  return (
    (record.status === 'pending' || record.status === 'completing') &&
    record.source.path === wish.source.path &&
    record.baseUrl === deps.connection.baseUrl &&
    record.organization === deps.connection.organization &&
    record.project === deps.connection.project &&
    record.purpose === wish.purpose &&
    record.filename === wish.filename &&
    record.mimeType === wish.mimeType &&
    record.fileLifetimeSeconds === wish.fileLifetimeSeconds
  );
}

async function obstacleTo(session: Session, run: Run): Promise<string | undefined> {
  const isExpired = timeLeftMs(session.record, run.deps) <= 0;
  if (isExpired && session.record.status === 'pending') return markExpired(session);
  try {
    const source = await openSource(session, { reuploadChanged: false });
    await source.close();
  } catch (error) {
    if (isUploadError(error) && error.code === 'source_changed') return error.message;
    throw error;
  }
  if (!isExpired) return undefined;
  // Its *complete* may have made a file before it expired; another upload would make a second one.
  const file = await findLostFile(session, run);
  if (file === undefined) return markExpired(session);
  session.update({ status: 'completed', file });
  return undefined;
}

function markExpired(session: Session): string {
  session.update({ status: 'expired' });
  return 'it has expired';
}
