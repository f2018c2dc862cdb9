import type { SessionSummary } from '../model/session.ts';
import { contentBytes } from '../plan/slices.ts';
import type { SessionRecord } from '../sessions/record.ts';

/** Why a session that seems over must not be forgotten yet, if there is a reason. */
export function pruneBlocker(
  session: SessionSummary,
  record: SessionRecord,
  others: readonly SessionRecord[],
): string | undefined {
  if (session.lockedBy !== null) return 'a process is working on it';
  if (session.status === 'completing') return 'it may have been completed; resume or cancel it';
  const rival = others.find((other) => mayTakeItsFile(other, record));
  return rival && `${rival.uploadId} could take its file for its own; end that first`;
}

/**
 * Whoever looks for the file of a lost *complete* leaves out the files that other sessions got (`find-file.ts`). Forgotten, a
 * file of the same name and size that was made in its time would look like its own.
 */
function mayTakeItsFile(other: SessionRecord, { file, ...record }: SessionRecord): boolean {
  const isOpen = other.status === 'pending' || other.status === 'completing';
  return (
    isOpen &&
    file !== null &&
    other.baseUrl === record.baseUrl &&
    other.purpose === record.purpose &&
    other.filename === record.filename &&
    contentBytes(other) === contentBytes(record) &&
    (file.created_at ?? other.createdAt) >= other.createdAt
  );
}
