import { isUploadError, UploadError } from '../model/errors.ts';
import type { SessionRecord } from '../sessions/record.ts';
import { KEEP_DAYS } from '../sessions/spools.ts';

/** What stands in the place of a path when the bytes came from a stream. */
export const STREAM_PATH = '-';

/** The source's path for those outside. A spool is ours, and gone at the end. */
export function shownPath({ spool, source }: Pick<SessionRecord, 'spool' | 'source'>): string {
  return spool === null ? source.path : STREAM_PATH;
}

/** What was read can be pushed as a file, when it is still there. */
export function describeKeptSpool(error: unknown): unknown {
  if (!isUploadError(error)) return error;
  const { code, message, isRetryable, facts } = error;
  const hint = `${error.hint} What was read is kept for ${KEEP_DAYS} days in ${facts.spoolPath}: push that.`;
  return new UploadError(code, { message, hint: hint.trim(), isRetryable }, facts);
}

/** A file can be put back in its place, a stream only be pushed again. */
export function describeSpoolError(error: unknown, { spool }: Pick<SessionRecord, 'spool'>): unknown {
  if (spool === null || !isUploadError(error)) return error;
  const { code, isRetryable } = error;
  const facts = { ...error.facts, path: STREAM_PATH };
  if (code !== 'source_not_found') {
    const { message, hint } = error;
    return new UploadError(code, { message, hint, isRetryable }, facts);
  }
  const message = `what was read from the stream is gone: ${error.message}`;
  return new UploadError(code, { message, hint: 'Push it again, as a new upload.', isRetryable }, facts);
}
