import { differingFields } from '../model/account.ts';
import { isUploadError } from '../model/errors.ts';
import { beganAtMs } from '../model/server-clock.ts';
import type {
  NextStep,
  SessionDetails,
  SessionStatus,
  SessionSummary,
  SourceState,
} from '../model/session-summary.ts';
import type { LockOwner } from '../model/state-store.ts';
import { countParts, missingSpans, partSpans, totalLength } from '../plan/ranges.ts';
import type { SessionRecord } from '../sessions/record.ts';
import type { StoredRecord } from '../sessions/records.ts';
import { mayNeedSpool } from '../sessions/spools.ts';
import { inspectFile, isUntouched } from '../source/inspect-file.ts';
import { STREAM_PATH, shownPath } from '../upload/caller-error.ts';
import { repushOptions } from '../upload/upload-spec.ts';
import type { LocalDependencies } from './local-dependencies.ts';

/** Summarizes a saved session for callers. @throws UploadError `session_unreadable` */
export async function describeSession(saved: StoredRecord, deps: LocalDependencies): Promise<SessionSummary> {
  return summarize(saved, await deps.records.owner(saved.record.uploadId), deps);
}

/** Does the same for a session whose owner is known, without waiting. */
export function summarize(
  { record, path }: StoredRecord,
  lockedBy: LockOwner | null,
  deps: LocalDependencies,
): SessionSummary {
  const status = statusOf(record, deps);
  const { spool } = record;
  const { bytes } = record.source;
  const hasSpool = spool !== null && (mayNeedSpool(record) || deps.records.spools.kept(spool) !== undefined);
  const isOpen = status === 'pending' || status === 'completing';

  return {
    uploadId: record.uploadId,
    status,
    filename: record.filename,
    path: shownPath(record),
    isSlices: record.cutFrom !== null,
    spool: hasSpool ? record.source.path : null,
    purpose: record.purpose,
    bytes,
    partBytes: record.partBytes,
    parts: status === 'completed' ? record.parts.length : countParts(bytes, record),
    acknowledgedParts: record.parts.length,
    acknowledgedBytes: totalLength(record.parts),
    createdAt: record.createdAt,
    beganAtMs: beganAtMs(record),
    expiresAt: record.isLifetimeUnknown ? null : record.expiresAt,
    timeLeftMs: isOpen && !record.isLifetimeUnknown ? Math.max(0, deps.serverClock.timeLeftMs(record)) : null,
    fileId: record.file?.id ?? null,
    baseUrl: record.baseUrl,
    organization: record.organization,
    project: record.project,
    differsIn: differingFields(record, deps.connection),
    lockedBy,
    manifest: record.manifest ?? null,
    restartedAs: record.restartedAs,
    recordPath: path,
  };
}

/**
 * A session stays `completing` after the expiry, because a file may have been made in time and
 * nobody has checked.
 */
export function statusOf(record: SessionRecord, deps: Pick<LocalDependencies, 'serverClock'>): SessionStatus {
  return record.status === 'pending' && deps.serverClock.timeLeftMs(record) <= 0 ? 'expired' : record.status;
}

/**
 * Describes a saved session in full: the missing parts, the state of its source and the next step.
 */
export async function describeDetails(saved: StoredRecord, deps: LocalDependencies): Promise<SessionDetails> {
  const { record } = saved;
  const session = await describeSession(saved, deps);
  const source = await getSourceState(record);
  const next = nextStep(session, source);
  const missing = missingSpans(record.source.bytes, record.parts);

  return {
    ...session,
    mimeType: record.mimeType,
    md5: record.md5,
    missing: record.partBytes === null ? null : partSpans(missing, record.partBytes),
    missingBytes: totalLength(missing),
    source,
    next,
    // For a piece, pushing the whole file would be another upload.
    repush: next === 'push' && record.cutFrom === null ? await repushOptions(record) : null,
  };
}

function nextStep(session: SessionSummary, source: SourceState): NextStep {
  const { status, restartedAs, lockedBy, path, isSlices } = session;
  if (status === 'completed' || restartedAs !== null) return 'none';
  if (lockedBy !== null) return 'wait';
  // The file may exist already; then the source is no longer needed.
  if (status === 'completing') return 'resume';
  // Nobody can put a spool back.
  if (source === 'missing' && (path === STREAM_PATH || isSlices)) return 'push';
  if (source === 'missing' || source === 'unreadable') return 'source';
  if (status === 'expired') return 'restart';

  // The size of an upload is fixed, so a changed source needs a new one.
  return status === 'cancelled' || source === 'changed' ? 'push' : 'resume';
}

/** Compares the source with what it was, as far as possible without reading it. */
async function getSourceState({ source: before }: Pick<SessionRecord, 'source'>): Promise<SourceState> {
  try {
    const now = await inspectFile(before.path);
    if (isUntouched(before, now)) return 'same';
    return now.bytes === before.bytes ? 'touched' : 'changed';
  } catch (error) {
    if (!isUploadError(error)) throw error;
    return error.code === 'source_not_found' ? 'missing' : 'unreadable';
  }
}
