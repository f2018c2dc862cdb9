import type { SessionDetails, SessionSummary } from '../../index.ts';
import type { Shown } from '../outcome.ts';

type JsonObject = Shown['objects'][number];

/** The object that `list --json` prints for a session. Fields are only ever added. */
export function sessionJson(session: SessionSummary): JsonObject {
  const { timeLeftMs, differsIn } = session;
  const names = { baseUrl: 'base_url', organization: 'organization', project: 'project' };
  return {
    v: 1,
    status: session.status,
    upload_id: session.uploadId,
    file_id: session.fileId,
    filename: session.filename,
    path: session.path,
    is_slices: session.isSlices,
    spool: session.spool,
    bytes: session.bytes,
    bytes_acknowledged: session.acknowledgedBytes,
    purpose: session.purpose,
    parts: session.parts,
    parts_acknowledged: session.acknowledgedParts,
    part_bytes: session.partBytes,
    created_at: session.createdAt,
    expires_at: session.expiresAt,
    seconds_left: timeLeftMs === null ? null : Math.floor(timeLeftMs / 1000),
    locked_by: session.lockedBy,
    base_url: session.baseUrl,
    organization: session.organization,
    project: session.project,
    differs_in: differsIn.map((field) => names[field]),
    restarted_as: session.restartedAs,
    record: session.recordPath,
  };
}

/** The object that `status --json` prints. */
export function detailsJson(session: SessionDetails, nextCommand: string | null): JsonObject {
  return {
    ...sessionJson(session),
    mime_type: session.mimeType,
    md5: session.md5,
    missing: session.missing,
    bytes_missing: session.missingBytes,
    source: session.source,
    next: session.next,
    next_command: nextCommand,
  };
}

/** The object that `prune --json` prints for a session that was over. */
export function pruneJson(
  status: 'forgotten' | 'would_forget' | 'kept',
  session: SessionSummary,
  reason: string | null,
): JsonObject {
  const { uploadId, status: was, fileId, filename, path } = session;
  return { v: 1, status, upload_id: uploadId, was, file_id: fileId, filename, path, reason };
}
