import { basename } from 'node:path';
import type { UploadError, UploadErrorCode } from '../../index.ts';
import type { Failure } from '../outcome.ts';
import { type Flags, STANDARD_INPUT } from '../settings.ts';

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
