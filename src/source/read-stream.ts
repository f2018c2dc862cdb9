import { addAbortSignal, Readable } from 'node:stream';
import { isUploadError, UploadError } from '../model/errors.ts';

export interface StreamReading {
  /** What it is the content of, for messages. */
  readonly filename: string;
  readonly maxBytes: number;
  readonly signal: AbortSignal;
}

/**
 * Yields a stream's bytes as they come. Whoever stops early ends the stream, so that its writer learns of it.
 * @throws UploadError `source_empty`, `source_too_large` before it yields a byte too many, `source_unreadable` when the stream
 * fails, `usage` when it gives anything but bytes; the signal's reason
 */
export async function* readStream(
  stream: AsyncIterable<Uint8Array>,
  { filename, maxBytes, signal }: StreamReading,
): AsyncGenerator<Uint8Array> {
  let bytes = 0;
  // A read that waits for its writer cannot be given up by itself, but with its stream it can.
  const readable = addAbortSignal(signal, stream instanceof Readable ? stream : Readable.from(stream));
  try {
    for await (const chunk of readable) {
      if (!ArrayBuffer.isView(chunk)) throw notBytes(filename, chunk);
      bytes += chunk.byteLength;
      if (bytes > maxBytes) throw tooLarge(filename, maxBytes);
      if (chunk.byteLength > 0) yield chunk as Uint8Array;
    }
  } catch (cause) {
    signal.throwIfAborted();
    if (isUploadError(cause)) throw cause;
    const message = `reading the input for ${filename} failed: ${cause instanceof Error ? cause.message : cause}`;
    throw new UploadError('source_unreadable', { message }, { cause });
  }
  if (bytes === 0) {
    const message = `the input for ${filename} is empty`;
    throw new UploadError('source_empty', { message, hint: 'The API takes no empty file.' });
  }
}

function tooLarge(filename: string, maxBytes: number): UploadError {
  const message = `the input for ${filename} has more than ${maxBytes.toLocaleString('en')} bytes; an upload holds at most 8 GB`;
  return new UploadError('source_too_large', { message, hint: 'Split it and upload the pieces.' });
}

function notBytes(filename: string, chunk: unknown): UploadError {
  const message = `the input for ${filename} must be bytes, as Uint8Array, not ${typeof chunk}`;
  return new UploadError('usage', { message, hint: 'Set no encoding on the stream.' });
}
