import { exitCodeOf, type StopSignal } from './exit-codes.ts';
import type { Outcome } from './outcome.ts';

/** The object that `--json` prints for an outcome. Fields are only ever added. */
export function outcomeJson(
  outcome: Outcome,
  nextCommand: string | null,
  stoppedBy?: StopSignal,
): Record<string, unknown> {
  if (outcome.status === 'completed') {
    const { result } = outcome;
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
      file: result.file,
    };
  }
  if (outcome.status === 'cancelled') {
    return { v: 1, status: outcome.result.status, upload_id: outcome.result.uploadId };
  }
  const { error, subject } = outcome;
  const asked = 'path' in subject ? { path: subject.path } : { uploadId: subject.uploadId };
  return {
    v: 1,
    status: 'failed',
    upload_id: error.facts.uploadId ?? asked.uploadId ?? null,
    path: error.facts.path ?? asked.path ?? null,
    error: {
      code: error.code,
      exit_code: exitCodeOf(error.code, stoppedBy),
      message: error.message,
      hint: error.hint,
      retryable: error.isRetryable,
      http_status: error.facts.httpStatus ?? null,
      request_id: error.facts.requestId ?? null,
      resume_command: nextCommand,
    },
  };
}
