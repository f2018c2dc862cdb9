import type { SessionStatus, SessionSummary } from '../model/session.ts';
import { totalLength } from '../plan/ranges.ts';
import { contentBytes } from '../plan/slices.ts';
import type { SessionRecord } from '../sessions/record.ts';
import type { StoredRecord } from '../sessions/records.ts';
import { mayNeedSpool } from '../sessions/spools.ts';
import { timeLeftMs } from '../upload/context.ts';
import { shownPath } from '../upload/shown-path.ts';
import type { LocalDependencies } from './local-dependencies.ts';

const FIELDS = ['baseUrl', 'organization', 'project'] as const;

/** A saved session as it is shown outside. @throws UploadError `session_unreadable` */
export async function describeSession(
  { record, path }: StoredRecord,
  deps: LocalDependencies,
): Promise<SessionSummary> {
  const status = statusOf(record, deps);
  const bytes = contentBytes(record);
  const isOpen = status === 'pending' || status === 'completing';
  return {
    uploadId: record.uploadId,
    status,
    filename: record.filename,
    path: shownPath(record),
    isSlices: record.slices !== null,
    spool: record.spool !== null && mayNeedSpool(record) ? record.source.path : null,
    purpose: record.purpose,
    bytes,
    partBytes: record.partBytes,
    parts: Math.ceil(bytes / record.partBytes),
    acknowledgedParts: record.parts.length,
    acknowledgedBytes: totalLength(record.parts),
    createdAt: record.createdAt,
    expiresAt: record.expiresAt,
    timeLeftMs: isOpen ? Math.max(0, timeLeftMs(record, deps)) : null,
    fileId: record.file?.id ?? null,
    baseUrl: record.baseUrl,
    organization: record.organization,
    project: record.project,
    differsIn: FIELDS.filter((field) => record[field] !== deps.connection[field]),
    lockedBy: await deps.records.owner(record.uploadId),
    restartedAs: record.restartedAs,
    recordPath: path,
  };
}

/** One that is `completing` stays so: as long as nobody has looked, a file may have come of it before its time was up. */
export function statusOf(record: SessionRecord, deps: Pick<LocalDependencies, 'serverClock'>): SessionStatus {
  return record.status === 'pending' && timeLeftMs(record, deps) <= 0 ? 'expired' : record.status;
}
