import { resolve } from 'node:path';
import type { CheckResult, Issue, SessionDetails, SessionSummary, UploadErrorFacts } from '../../index.ts';
import { shownUrl } from '../../model/base-url.ts';
import { exitCodeOf, type StopSignal } from '../exit-codes.ts';
import type { Outcome, PieceOfMany, Shown } from '../outcome.ts';
import { formatHintAsFlags, withFlags } from '../parse-values.ts';
import { STANDARD_INPUT } from '../settings.ts';

/** Returns the object that `--json` prints for an outcome. Fields are only ever added. */
export function outcomeJson(
  outcome: Exclude<Outcome, { status: 'shown' }>,
  nextCommand: string | null,
  stoppedBy?: StopSignal,
): Record<string, unknown> {
  if (outcome.status === 'completed') {
    const { result, piece } = outcome;
    return {
      v: 1,
      status: 'completed',
      upload_id: result.uploadId,
      file_id: result.fileId,
      filename: result.filename,
      path: result.path,
      bytes: result.bytes,
      purpose: result.purpose,
      md5: result.md5,
      parts: result.parts,
      parts_resumed: result.partsResumed,
      bytes_sent: result.bytesSent,
      retries: result.retries,
      seconds: Math.round(result.seconds * 1000) / 1000,
      limited_by: result.bottleneck,
      already_uploaded: result.alreadyUploaded,
      ...pieceFields(piece),
      file: result.file,
    };
  }

  if (outcome.status === 'cancelled') {
    return { v: 1, status: outcome.result.status, upload_id: outcome.result.uploadId };
  }

  if (outcome.status === 'planned') {
    const { result, piece } = outcome;
    return {
      v: 1,
      status: 'planned',
      path: result.path,
      filename: result.filename,
      bytes: result.bytes,
      purpose: result.purpose,
      mime_type: result.mimeType,
      part_bytes: result.partBytes,
      parts: result.parts,
      continues: result.continues,
      parts_resumed: result.partsResumed,
      locked_by: result.lockedBy,
      ...(piece && { file_id: result.fileId ?? null }),
      ...pieceFields(piece),
    };
  }

  if (outcome.status === 'checked') {
    return { v: 1, status: 'ok', ...checkFields(outcome.result) };
  }

  if (outcome.status === 'skipped') {
    const { path, error } = outcome;
    return {
      v: 1,
      status: 'skipped',
      path: resolve(path),
      reason: error.message,
      ...foundFields(error.facts),
    };
  }

  const { error, subject, wasSkipped } = outcome;
  // The facts are about the file that failed, not about those that were not tried for it.
  const facts: UploadErrorFacts = wasSkipped ? {} : error.facts;
  const asked = 'path' in subject ? { path: pathOf(subject.path) } : { uploadId: subject.uploadId };

  return {
    v: 1,
    status: 'failed',
    upload_id: facts.uploadId ?? asked.uploadId ?? null,
    path: facts.path ?? asked.path ?? null,
    ...(outcome.piece && { filename: outcome.piece.filename }),
    ...pieceFields(outcome.piece),
    ...(outcome.check ? checkFields(outcome.check) : foundFields(facts)),
    error: {
      code: error.code,
      exit_code: exitCodeOf(error.code, stoppedBy),
      message: wasSkipped ? `not tried: ${error.message}` : error.message,
      hint: formatHintAsFlags(error.hintParts),
      retryable: error.isRetryable,
      http_status: facts.httpStatus ?? null,
      request_id: facts.requestId ?? null,
      resume_command: nextCommand,
    },
  };
}

/** The fields for a piece of a split file. */
function pieceFields(piece: PieceOfMany | undefined): Record<string, unknown> {
  if (piece === undefined) return {};
  const { number, of, firstLine, lastLine, lines, url, model } = piece;
  return { piece: { number, of, first_line: firstLine, last_line: lastLine, lines, url, model } };
}

function pathOf(file: string): string {
  return file === STANDARD_INPUT ? file : resolve(file);
}

/** The fields for the result of a check. */
function checkFields(result: CheckResult): Record<string, unknown> {
  return {
    path: result.path,
    bytes: result.bytes,
    purpose: result.purpose,
    lines: result.lines ?? null,
    errors: result.errors.map(issueFields),
    error_count: result.errorCount,
    warnings: result.warnings.map(issueFields),
    warning_count: result.warningCount,
  };
}

/** The fields for a push that the preflight has stopped. */
function foundFields({ issues, issueCount }: UploadErrorFacts): Record<string, unknown> {
  return issues === undefined ? {} : { errors: issues.map(issueFields), error_count: issueCount };
}

/** Returns all fields of an issue, with null where there is nothing to say. */
function issueFields(issue: Issue): Record<string, unknown> {
  const { severity, code, line, column, message, hint } = withFlags(issue);
  return { severity, code, line: line ?? null, column: column ?? null, message, hint: hint ?? null };
}

type JsonObject = Exclude<NonNullable<Shown['objects']>[number], string>;

/** Returns the object that `list --json` prints for a session. Fields are only ever added. */
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
    base_url: shownUrl(session.baseUrl),
    organization: session.organization,
    project: session.project,
    differs_in: differsIn.map((field) => names[field]),
    restarted_as: session.restartedAs,
    record: session.recordPath,
  };
}

/** Returns the object that `status --json` prints. */
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

/** Returns the object that `prune --json` prints for a session that is over. */
export function pruneJson(
  status: 'forgotten' | 'would_forget' | 'kept',
  session: SessionSummary,
  reason: string | null,
): JsonObject {
  const { uploadId, status: was, fileId, filename, path } = session;
  return { v: 1, status, upload_id: uploadId, was, file_id: fileId, filename, path, reason };
}
