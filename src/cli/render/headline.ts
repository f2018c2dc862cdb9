import { basename } from 'node:path';
import type { Failure } from '../outcome.ts';
import type { Flags } from '../settings.ts';
import { STANDARD_INPUT } from '../standard-input.ts';

/** One line that says on what, also among several files. */
export function headlineOf({ error, subject, piece, isOfAll }: Failure, flags: Flags): string {
  if (piece) return `${piece.filename}: ${error.message}`;
  // What is about the call is not about the first of its files.
  if (isOfAll || error.code === 'usage' || error.code === 'api_key_missing') return error.message;
  const name = 'path' in subject ? nameOf(subject.path, flags) : nameOfUpload(subject.uploadId, error);
  return name === null || error.message.includes(name) ? error.message : `${name}: ${error.message}`;
}

/** With the file's name, by which its progress is shown. */
function nameOfUpload(
  uploadId: string | null,
  { message, facts: { path } }: Failure['error'],
): string | null {
  if (uploadId === null || path === undefined || path === STANDARD_INPUT) return uploadId;
  return message.includes(uploadId) || message.includes(basename(path))
    ? uploadId
    : `${basename(path)} (${uploadId})`;
}

export function nameOf(path: string, { filename }: Flags): string | null {
  return path === STANDARD_INPUT ? (filename ?? null) : basename(path);
}
