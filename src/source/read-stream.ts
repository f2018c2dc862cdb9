import { Readable } from 'node:stream';
import { isUploadError, UploadError } from '../model/errors.ts';
import { untilAborted } from '../model/signals.ts';

export interface StreamReading {
  /** The name of the resulting file, for messages. */
  readonly filename: string;
  readonly maxBytes: number;
  /** The announced number of bytes; undefined when none was announced. */
  readonly expectedBytes?: number | undefined;
  readonly signal: AbortSignal;
}

/**
 * Yields the bytes of a stream as they come. When the consumer stops early, the stream is ended, so
 * its writer finds out.
 * @throws UploadError `source_empty`; `source_too_large` before it yields a byte too many;
 * `source_unreadable` when the stream fails or gives another number of bytes than expected; `usage`
 * when it gives anything but bytes; the signal's reason
 */
export async function* readStream(
  stream: AsyncIterable<Uint8Array>,
  { filename, maxBytes, expectedBytes, signal }: StreamReading,
): AsyncGenerator<Uint8Array> {
  if (expectedBytes !== undefined && expectedBytes > maxBytes) throw tooLarge(filename, maxBytes);

  let chunks: AsyncIterator<Uint8Array, undefined> | undefined;
  let bytes = 0;
  let isOver = false;

  try {
    chunks = stream[Symbol.asyncIterator]();
    while (true) {
      signal.throwIfAborted();
      // A read that waits for the stream's writer cannot be ended, but nothing has to wait for it.
      const { done, value: chunk } = await untilAborted(chunks.next(), signal);
      isOver = done === true;
      if (isOver) break;
      if (!ArrayBuffer.isView(chunk)) throw notBytes(filename, chunk);

      bytes += chunk.byteLength;
      if (bytes > maxBytes) throw tooLarge(filename, maxBytes);
      if (bytes > (expectedBytes ?? maxBytes)) throw otherSize(filename, bytes, expectedBytes);
      if (chunk.byteLength > 0) yield chunk;
    }
  } catch (cause) {
    signal.throwIfAborted();
    throw isUploadError(cause) ? cause : readFailed(filename, cause);
  } finally {
    if (!isOver) endStream(stream, chunks);
  }

  if (bytes === 0) throw empty(filename);
  if (expectedBytes !== undefined && bytes < expectedBytes) throw otherSize(filename, bytes, expectedBytes);
}

/**
 * Does not wait, because the rest may never come. A Node stream is destroyed, because it would keep
 * the process alive.
 */
function endStream(stream: AsyncIterable<Uint8Array>, chunks?: AsyncIterator<Uint8Array>): void {
  if (stream instanceof Readable) stream.destroy();
  else chunks?.return?.().catch(() => undefined);
}

const WRITER_HINT = 'Check the program that writes it.';

function readFailed(filename: string, cause: unknown): UploadError {
  const message = `reading the input for ${filename} failed: ${cause instanceof Error ? cause.message : cause}`;
  return new UploadError('source_unreadable', { message, hint: WRITER_HINT }, { cause });
}

function empty(filename: string): UploadError {
  const message = `the input for ${filename} is empty`;
  return new UploadError('source_empty', { message, hint: 'The API does not accept empty files.' });
}

function tooLarge(filename: string, maxBytes: number): UploadError {
  const message = `the input for ${filename} has more than ${maxBytes.toLocaleString('en')} bytes; an upload holds at most 8 GB`;
  return new UploadError('source_too_large', { message, hint: 'Split it and upload the pieces.' });
}

function otherSize(filename: string, bytes: number, expected: number | undefined): UploadError {
  const what = bytes < Number(expected) ? `ended after ${bytes} bytes` : 'goes on';
  const message = `the input for ${filename} ${what}, though ${expected} bytes were announced`;
  return new UploadError('source_unreadable', { message, hint: WRITER_HINT });
}

function notBytes(filename: string, chunk: unknown): UploadError {
  const message = `the input for ${filename} must be bytes (Uint8Array), not ${typeof chunk}`;
  return new UploadError('usage', { message, hint: 'Set no encoding on the stream.' });
}
