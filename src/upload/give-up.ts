import { isUploadError, withFacts } from '../model/errors.ts';
import type { SessionRecord } from '../sessions/record.ts';
import type { SessionHandle } from '../sessions/session.ts';
import type { Spools } from '../sessions/spools.ts';
import { describeKeptSpool } from './caller-error.ts';
import { repushOptions } from './upload-spec.ts';

interface WithSpools {
  readonly sessions: { readonly spools: Spools };
}

/**
 * Ends the session of an upload that can make no file, also if the server says that it was cancelled: a
 * run may have done that and then been killed. The bytes of a stream are kept, because nothing else has
 * them. That comes first, so a kill in between loses nothing.
 * @throws UploadError `session_unwritable`
 */
export async function giveUp(session: SessionHandle, { sessions }: WithSpools): Promise<void> {
  const { spool, cutFrom } = session.record;
  if (spool !== null && cutFrom === null) sessions.spools.keep(spool);

  await session.update({ status: 'cancelled' });
}

/** Says of a failure where the bytes of a stream are whose upload was given up. */
export async function withKeptStream(
  error: unknown,
  record: SessionRecord,
  { sessions }: WithSpools,
): Promise<unknown> {
  const { status, spool } = record;
  const spoolPath = status === 'cancelled' && spool !== null ? sessions.spools.kept(spool) : undefined;
  if (!isUploadError(error) || spoolPath === undefined || error.facts.spoolPath !== undefined) return error;

  return describeKeptSpool(withFacts(error, { spoolPath, repush: await repushOptions(record) }));
}
