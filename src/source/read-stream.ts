import { Readable } from 'node:stream';
import { isUploadError, UploadError } from '../model/errors.ts';

export interface StreamReading {
  /** What it is the content of, for messages. */
  readonly filename: string;
  readonly maxBytes: number;
  /** How many there will be; undefined when nobody has said. */
  readonly expectedBytes?: number | undefined;
  readonly signal: AbortSignal;
}

/**
 * Yields a stream's bytes as they come. Whoever stops early ends the stream, so that its writer learns of it.
 * @throws UploadError `source_empty`, `source_too_large` before it yields a byte too many, `source_unreadable` when the stream
 * fails or gives another number of bytes than expected, `usage` when it gives anything but bytes; the signal's reason
 */
export async function* readStream(
  stream: AsyncIterable<Uint8Array>,
  { filename, maxBytes, expectedBytes, signal }: StreamReading,
): AsyncGenerator<Uint8Array> {
  if (expectedBytes !== undefined && expectedBytes > maxBytes) throw tooLarge(filename, maxBytes);
  const chunks = stream[Symbol.asyncIterator]();
  let bytes = 0;
  let isOver = false;
  try {
    while (true) {
      const { done, value: chunk } = await nextOf(chunks, signal);
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
    if (isUploadError(cause)) throw cause;
    const message = `reading the input for ${filename} failed: ${cause instanceof Error ? cause.message : cause}`;
    throw new UploadError('source_unreadable', { message }, { cause });
  } finally {
    if (!isOver) leave(stream, chunks);
  }
  if (bytes === 0) {
    const message = `the input for ${filename} is empty`;
    throw new UploadError('source_empty', { message, hint: 'The API takes no empty file.' });
  }
  if (expectedBytes !== undefined && bytes < expectedBytes) throw otherSize(filename, bytes, expectedBytes);
}

type Chunks = AsyncIterator<Uint8Array>;

/** A read that waits for its writer cannot be given up, but it need not be waited for. @throws the signal's reason */
function nextOf(chunks: Chunks, signal: AbortSignal): Promise<IteratorResult<Uint8Array, undefined>> {
  return new Promise((resolve, reject) => {
    const onAbort = () => reject(signal.reason);
    if (signal.aborted) return onAbort();
    signal.addEventListener('abort', onAbort, { once: true });
    const forget = () => signal.removeEventListener('abort', onAbort);
    chunks.next().then(resolve, reject).finally(forget);
  });
}

/** Not waited for: what is still to come of it may never come. A stream of Node's would keep the process alive. */
function leave(stream: AsyncIterable<Uint8Array>, chunks: Chunks): void {
  if (stream instanceof Readable) stream.destroy();
  else chunks.return?.().catch(() => undefined);
}

function tooLarge(filename: string, maxBytes: number): UploadError {
  const message = `the input for ${filename} has more than ${maxBytes.toLocaleString('en')} bytes; an upload holds at most 8 GB`;
  return new UploadError('source_too_large', { message, hint: 'Split it and upload the pieces.' });
}

function otherSize(filename: string, bytes: number, expected: number | undefined): UploadError {
  const what = bytes < Number(expected) ? `ended after ${bytes} bytes` : 'goes on';
  const message = `the input for ${filename} ${what}, though ${expected} bytes were announced`;
  return new UploadError('source_unreadable', { message, hint: 'Look at what gives it.' });
}

function notBytes(filename: string, chunk: unknown): UploadError {
  const message = `the input for ${filename} must be bytes, as Uint8Array, not ${typeof chunk}`;
  return new UploadError('usage', { message, hint: 'Set no encoding on the stream.' });
}
