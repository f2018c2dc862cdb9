import type { Dependencies } from '../dependencies.ts';
import { isUploadError, UploadError } from '../model/errors.ts';
import type { SessionRecord } from '../sessions/record.ts';
import type { Session } from '../sessions/session.ts';
import { timeLeftMs } from './run.ts';

/** @throws UploadError `session_unknown`, and what reading the record throws */
export function openSaved(uploadId: string, { sessions }: Pick<Dependencies, 'sessions'>): Session {
  const session = sessions.open(uploadId);
  if (session) return session;
  const message = `nothing is saved about an upload ${uploadId} in ${sessions.directory}`;
  throw new UploadError(
    'session_unknown',
    { message, hint: 'Check the id, and the state directory if you use several.' },
    { uploadId },
  );
}

/** A session belongs to one server and account: with another, the key would travel to where it does not belong. @throws UploadError `session_mismatch` */
export function refuseOtherServer(
  record: SessionRecord,
  { connection }: Pick<Dependencies, 'connection'>,
): void {
  const names = { baseUrl: 'base URL', organization: 'organization', project: 'project' } as const;
  for (const [key, name] of Object.entries(names) as [keyof typeof names, string][]) {
    if (record[key] === connection[key]) continue;
    const message = `upload ${record.uploadId} belongs to the ${name} ${record[key] ?? '(none)'}, not ${connection[key] ?? '(none)'}`;
    throw new UploadError('session_mismatch', { message, hint: `Set the ${name} it was created with.` });
  }
}

/** No request is made for an upload that is over. @throws UploadError `upload_cancelled`, `upload_expired` */
export function refuseClosed(session: Session, deps: Pick<Dependencies, 'serverClock'>): void {
  const { uploadId, status } = session.record;
  const hint = 'Push the file again.';
  if (status === 'cancelled')
    throw new UploadError('upload_cancelled', { message: `upload ${uploadId} was cancelled`, hint });
  if (status === 'expired' || timeLeftMs(session.record, deps) <= 0) {
    const expired = new Date(session.record.expiresAt * 1000).toISOString();
    throw new UploadError('upload_expired', { message: `upload ${uploadId} expired at ${expired}`, hint });
  }
}

/** Saves it when a failure has shown that the upload is over. */
export function saveClosing(session: Session, error: unknown): void {
  if (!isUploadError(error)) return;
  if (error.code === 'upload_expired') session.update({ status: 'expired' });
  if (error.code === 'upload_cancelled') session.update({ status: 'cancelled' });
}
