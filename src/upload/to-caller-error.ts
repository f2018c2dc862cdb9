import { UploadError, type UploadErrorFacts, withFacts } from '../model/errors.ts';

/** What a run ended with, for its caller: an abort becomes `interrupted`, any other failure learns the facts. */
export function toCallerError(error: unknown, signal: AbortSignal, facts: UploadErrorFacts): unknown {
  if (!signal.aborted || error !== signal.reason) return withFacts(error, facts);
  const hint = facts.uploadId === undefined ? '' : 'What the server has acknowledged is saved.';
  const text = { message: 'stopped before the end', hint };
  return new UploadError('interrupted', text, { ...facts, cause: error });
}
