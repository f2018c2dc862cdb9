import type { CheckResult, Issue } from '../model/issue.ts';
import { MAX_FILE_BYTES } from '../preflight/check-file.ts';
import { startPreflight } from '../preflight/start-preflight.ts';
import { readStream } from '../source/read-stream.ts';
import { emitWarnings, type Listener, termsOf } from './preflight-gate.ts';

/** The name and purpose of a stream. With an empty purpose, its bytes are only counted. */
export interface StreamSubject {
  readonly filename: string;
  readonly purpose: string;
  readonly expectedBytes?: number | undefined;
}

/**
 * Reads a stream to its end and checks it by the rules of its purpose, without keeping any of it.
 * The path in the result is the name of the stream.
 * @throws UploadError as `readStream`; the signal's reason
 */
export async function checkStream(
  stream: AsyncIterable<Uint8Array>,
  subject: StreamSubject,
  listener: Listener,
): Promise<CheckResult> {
  const { filename, expectedBytes } = subject;
  const { signal, onEvent } = listener;
  const looked = { path: filename, filename, purpose: subject.purpose };
  // The size is known only at the end, but the rules for the content do not depend on it.
  const terms = termsOf(listener);
  const preflight = startPreflight({ ...looked, bytes: 0 }, terms);
  let bytes = 0;

  onEvent({ type: 'spooling', filename, bytes });
  const reading = { filename, maxBytes: MAX_FILE_BYTES, expectedBytes, signal };

  for await (const chunk of readStream(stream, reading)) {
    preflight.reader?.read(Buffer.from(chunk.buffer, chunk.byteOffset, chunk.byteLength));
    bytes += chunk.byteLength;
    onEvent({ type: 'spooling', filename, bytes });
  }

  preflight.reader?.end();
  const ofSize = startPreflight({ ...looked, bytes }, terms).result();
  const [errors, warnings] = [tooLarge(ofSize.errors), tooLarge(ofSize.warnings)];
  const found = preflight.result();

  const result = {
    ...found,
    bytes,
    errors: [...errors, ...found.errors],
    errorCount: errors.length + found.errorCount,
    warnings: [...warnings, ...found.warnings],
    warningCount: warnings.length + found.warningCount,
  };

  return emitWarnings(result, listener);
}

function tooLarge(issues: readonly Issue[]): readonly Issue[] {
  return issues.filter(({ code }) => code === 'too_large');
}
