import { isUploadError, UploadError, type UploadErrorFacts, withFacts } from '../model/errors.ts';
import { hint } from '../model/hint.ts';
import type { SessionRecord } from '../sessions/record.ts';
import { KEEP_DAYS } from '../sessions/spools.ts';

/** What a run ended with, for its caller: an abort becomes `interrupted`, any other failure learns the facts. */
export function toCallerError(error: unknown, signal: AbortSignal, facts: UploadErrorFacts): unknown {
  if (!signal.aborted || error !== signal.reason) return withFacts(error, facts);
  const hint = facts.uploadId === undefined ? '' : 'What the server has acknowledged is saved.';
  const text = { message: 'stopped before the end', hint };
  return new UploadError('interrupted', text, { ...facts, cause: error });
}

/** What stands in the place of a path when the bytes came from a stream. */
export const STREAM_PATH = '-';

/** The source's path for those outside. A spool is ours, and gone at the end. */
export function shownPath({ spool, source }: Pick<SessionRecord, 'spool' | 'source'>): string {
  return spool === null ? source.path : STREAM_PATH;
}

/** What was read can be pushed as a file, when it is still there. */
export function describeKeptSpool(error: unknown): unknown {
  if (!isUploadError(error)) return error;
  const kept = `What was read is kept for ${KEEP_DAYS} days in ${error.facts.spoolPath}: push that.`;
  return error.with({ hint: hint`${error.hintParts} ${kept}` });
}

/** A file can be put back in its place, a stream only be pushed again. */
export function describeSpoolError(error: unknown, { spool }: Pick<SessionRecord, 'spool'>): unknown {
  if (spool === null || !isUploadError(error)) return error;
  const facts = { path: STREAM_PATH };
  if (error.code !== 'source_not_found') return error.with({ facts });
  const message = `what was read from the stream is gone: ${error.message}`;
  return error.with({ message, hint: 'Push it again, as a new upload.', facts });
}
