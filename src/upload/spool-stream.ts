import { MAX_FILE_BYTES } from '../preflight/check-file.ts';
import type { Spool } from '../sessions/spool.ts';
import { readStream } from '../source/read-stream.ts';
import type { Dependencies } from './dependencies.ts';

/**
 * Writes a stream into a spool, chunk by chunk, as fast as the disk takes them: the API wants the size first, and what is sent
 * may have to be sent again.
 * @throws UploadError as `readStream`, `session_unwritable`; the signal's reason
 */
export async function spoolStream(
  stream: AsyncIterable<Uint8Array>,
  spool: Spool,
  options: {
    readonly filename: string;
    readonly maxBytes?: number;
    readonly expectedBytes?: number | undefined;
    readonly deps: Pick<Dependencies, 'onEvent' | 'signal'>;
  },
): Promise<void> {
  const { filename, maxBytes = MAX_FILE_BYTES, expectedBytes, deps } = options;
  let bytes = 0;
  deps.onEvent({ type: 'spooling', filename, bytes });
  for await (const chunk of readStream(stream, {
    filename,
    maxBytes,
    expectedBytes,
    signal: deps.signal,
  })) {
    await spool.write(chunk);
    bytes += chunk.byteLength;
    deps.onEvent({ type: 'spooling', filename, bytes });
  }
  await spool.finish();
  deps.signal.throwIfAborted();
}
