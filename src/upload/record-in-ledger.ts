import { isUploadError } from '../model/errors.ts';
import type { FileObject } from '../model/upload.ts';
import { contentBytes } from '../plan/slices.ts';
import type { SessionRecord } from '../sessions/record.ts';
import type { Dependencies } from './dependencies.ts';

/**
 * Takes note of a file in the ledger, by its MD5 when that is known. The file is there, and so is its session, which tells the same
 * until it is pruned: a ledger that cannot be written is told, but makes no failure of it.
 */
export function recordInLedger(
  record: SessionRecord,
  file: FileObject,
  { sessions, onEvent }: Pick<Dependencies, 'sessions' | 'onEvent'>,
): void {
  const { md5, uploadId, purpose, baseUrl, organization, project } = record;
  if (md5 === null) return;
  const bytes = contentBytes(record);
  try {
    sessions.ledger.write({ md5, bytes, purpose, baseUrl, organization, project, uploadId, file });
  } catch (error) {
    if (!isUploadError(error)) throw error;
    onEvent({ type: 'unrecorded', fileId: file.id, error });
  }
}
