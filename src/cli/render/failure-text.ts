import { basename } from 'node:path';
import type { UploadError, UploadErrorCode } from '../../index.ts';
import { formatProfile, profileFor } from '../config/profiles.ts';
import type { Failure } from '../outcome.ts';
import { formatHintAsFlags } from '../parse-values.ts';
import { type Flags, STANDARD_INPUT } from '../settings.ts';
import {
  commandFor,
  formatObstacle,
  pushAgainCommand,
  pushSpoolCommand,
  reaching,
} from './session-command.ts';

/** Errors whose messages name the file. */
const NAMES_FILE: ReadonlySet<UploadErrorCode> = new Set([
  'source_not_found',
  'source_unreadable',
  'source_not_a_file',
  'source_empty',
  'source_too_large',
  'source_changed',
  'check_failed',
]);

/** Errors whose messages name the upload or its record, unless a response is their cause. */
const NAMES_UPLOAD: ReadonlySet<UploadErrorCode> = new Set([
  'session_unknown',
  'session_mismatch',
  'session_locked',
  'session_corrupt',
  'session_newer',
  'session_unreadable',
  'upload_expired',
  'upload_cancelled',
  'upload_closed',
]);

/** Returns one line that names its subject, even among several files. */
export function headlineOf({ error, subject, piece, isOfAll }: Failure, flags: Flags): string {
  if (piece) return `${piece.filename}: ${error.message}`;
  // A failure of the whole call is not about the first of its files.
  if (isOfAll || error.code === 'usage' || error.code === 'api_key_missing') return error.message;

  const name = 'path' in subject ? nameOfFile(subject.path, error, flags) : nameOfUpload(subject, error);
  return name === null ? error.message : `${name}: ${error.message}`;
}

/** Names the file by its path, because files in different folders may share a name. */
export function listedOf(failure: Failure, flags: Flags): string {
  const { subject, error, piece } = failure;
  const isNamed = piece !== undefined || !('path' in subject) || NAMES_FILE.has(error.code);
  return isNamed ? headlineOf(failure, flags) : `${subject.path}: ${error.message}`;
}

/** Returns null when the message names the file. */
function nameOfFile(path: string, { code }: UploadError, flags: Flags): string | null {
  return NAMES_FILE.has(code) ? null : nameOf(path, flags);
}

/** Adds the file's name, under which its progress is shown. Null when the message has the id. */
function nameOfUpload(
  { uploadId }: { readonly uploadId: string | null },
  { code, facts: { path, httpStatus } }: UploadError,
): string | null {
  if (NAMES_UPLOAD.has(code) && httpStatus === undefined) return null;
  if (uploadId === null || path === undefined || path === STANDARD_INPUT) return uploadId;
  return NAMES_FILE.has(code) ? uploadId : `${basename(path)} (${uploadId})`;
}

/** Returns null for standard input without a name. */
export function nameOf(path: string, { filename }: Flags): string | null {
  return path === STANDARD_INPUT ? (filename ?? null) : basename(path);
}

/** Errors after which the same call may succeed a little later. */
const AGAIN: ReadonlySet<UploadErrorCode> = new Set([
  'network',
  'stalled',
  'server_error',
  'rate_limited',
  'authentication',
  'quota',
  'interrupted',
]);

/** Errors that leave the session intact. Another run may well finish the upload. */
const RESUMABLE: ReadonlySet<UploadErrorCode> = new Set([
  ...AGAIN,
  'session_unwritable',
  'session_locked',
  'request_refused',
  'source_not_found',
  'source_unreadable',
  'completion_unknown',
]);

/** Errors after which only a new upload can succeed. */
const OVER: ReadonlySet<UploadErrorCode> = new Set([
  'upload_expired',
  'upload_cancelled',
  'integrity',
  'source_changed',
]);

/** Whether another push is what helps, if anything can. */
export function needsNewPush({ code, facts }: UploadError): boolean {
  const { needsOption, mayCountTwice, isFinal, canReuploadChanged } = facts;
  return needsOption || (mayCountTwice && isFinal) || (OVER.has(code) && canReuploadChanged !== true);
}

/** Returns the command that may succeed after a failure; null when none can. */
export function nextCommand(
  { error, subject }: Pick<Failure, 'error' | 'subject'>,
  flags: Flags,
): string | null {
  const { belongsTo, differsIn = [], spoolPath, repush, isFinal } = error.facts;
  if (spoolPath !== undefined && repush === undefined) return pushSpoolCommand(spoolPath, flags);
  if (spoolPath !== undefined || needsNewPush(error)) return newPushCommand({ error, subject }, flags);
  // The same request would be refused again.
  if (isFinal) return null;

  const canSendChanged = error.facts.canReuploadChanged === true;
  const other = belongsTo && { ...belongsTo, differsIn };
  const isReachable = other !== undefined && formatObstacle(other, flags) === '';
  if (error.uploadId === undefined || !(RESUMABLE.has(error.code) || canSendChanged || isReachable))
    return null;

  const command = error.facts.freedBy ?? ('command' in subject ? subject.command : 'resume');
  const more = [
    ...(canSendChanged ? ['--reupload-changed'] : []),
    ...(flags.wait && command === 'resume' ? ['--wait'] : []),
  ];
  return commandFor([command, ...more].join(' '), error.uploadId, other ? reaching(other, flags) : flags);
}

/** Adds the options that the hint names when the failure is for lack of them. */
function newPushCommand({ error, subject }: Pick<Failure, 'error' | 'subject'>, flags: Flags): string | null {
  const { spoolPath, repush, canStartOver, needsOption } = error.facts;
  const path = spoolPath ?? error.facts.path;
  // After an upload that expired, a new one may have a faster link.
  const isHopeless = canStartOver === false && error.code !== 'upload_expired';
  if (path === undefined || repush === undefined || isHopeless) return null;

  const options = needsOption ? error.hintParts.filter((part) => typeof part !== 'string') : [];
  const asked = 'path' in subject ? flags : { color: true };
  return pushAgainCommand({ path, repush, options }, asked, flags);
}

/** Returns the profile of a session that does not belong to the current settings. */
function profileOf({ facts }: UploadError, { profiles }: Flags): string | undefined {
  return facts.belongsTo && profileFor(facts.belongsTo, profiles);
}

/**
 * Without an upload there is nothing to resume, so the same command has to run again. Flags that no
 * command may have, or that no shell reads back, are left to the user.
 */
export function hintFor(failure: Failure, flags: Flags): string {
  const { error, jobCommand } = failure;
  const profile = profileOf(error, flags);
  const advice = formatHintAsFlags(error.hintParts);
  if (profile !== undefined) return `It belongs to ${formatProfile(profile)}.`;
  if (jobCommand !== undefined) return advice;
  const bare = nextCommand(failure, flags) === null && nextCommand(failure, { color: flags.color });
  if (bare) return `${advice} Run this, with the same flags: ${bare}`.trim();
  if (error.uploadId !== undefined || error.facts.spoolPath !== undefined || !AGAIN.has(error.code))
    return advice;
  return advice === '' ? 'Run the same command again.' : `${advice} Then run the same command again.`;
}
