import { isUploadError, UploadError, type UploadErrorFacts, withFacts } from '../model/errors.ts';
import { hint, option } from '../model/hint.ts';
import type { SessionRecord } from '../sessions/record.ts';
import { KEEP_DAYS } from '../sessions/spools.ts';

/**
 * Prepares the failure of a run for the caller: an abort becomes `interrupted`, and any other error
 * gets the facts.
 */
export function toCallerError(error: unknown, signal: AbortSignal, facts: UploadErrorFacts): unknown {
  if (!signal.aborted || error !== signal.reason) return withFacts(error, facts);
  const hint = facts.uploadId === undefined ? '' : 'What the server has acknowledged is saved.';
  const text = { message: 'stopped before the end', hint };
  return new UploadError('interrupted', text, { ...facts, cause: error });
}

/** Replaces the path in results and errors when the bytes came from a stream. */
export const STREAM_PATH = '-';

/** Hides the path of a spool, which is private and deleted at the end. */
export function shownPath(content: Pick<SessionRecord, 'spool' | 'source' | 'cutFrom'>): string {
  const { spool, source, cutFrom } = content;
  if (cutFrom !== null) return cutFrom.path;
  return spool === null ? source.path : STREAM_PATH;
}

/** Adds the path of the spool, which can be pushed as a file while it exists. */
export function describeKeptSpool(error: unknown): unknown {
  if (!isUploadError(error)) return error;
  const kept = `The data is kept for ${KEEP_DAYS} days in ${error.facts.spoolPath}. Push that file.`;
  return error.with({ hint: hint`${error.hintParts} ${kept}` });
}

/**
 * Rewords errors about a spool. A missing file can be put back, but a stream or a piece of a file
 * can only be pushed again.
 */
export function describeSpoolError(
  error: unknown,
  content: Pick<SessionRecord, 'spool' | 'source' | 'cutFrom'>,
): unknown {
  if (content.spool === null || !isUploadError(error)) return error;
  const facts = { path: shownPath(content) };
  if (error.code !== 'source_not_found') return error.with({ facts });
  const gone = { ...facts, needsOption: true };
  if (content.cutFrom !== null) {
    const message = `the copy of its lines is gone: ${error.message}`;
    return error.with({ message, hint: hint`Push it again with ${option('split')}.`, facts: gone });
  }
  const message = `the data of the stream is gone: ${error.message}`;
  return error.with({ message, hint: 'Push it again, as a new upload.', facts: gone });
}
