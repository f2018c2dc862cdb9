import type { FileHandle } from 'node:fs/promises';
import { missingRanges, planRanges, totalLength } from '../plan/ranges.ts';
import type { Session } from '../sessions/session.ts';
import { confirmChecksums } from './open-source.ts';
import { type Run, timeLeftMs } from './run.ts';
import { sendParts } from './send-parts.ts';

/**
 * Sends the parts that the server has not acknowledged, while a worker hashes the file.
 * @returns the MD5 of the whole file, null when none is wanted, and the bytes that were sent
 * @throws UploadError; what was acknowledged until then is saved
 */
export async function sendMissing(
  session: Session,
  file: FileHandle,
  run: Run,
): Promise<{ md5: string | null; bytesSent: number }> {
  const { record } = session;
  const { onEvent, signal } = run.deps;
  const ranges = planRanges(record.source.bytes, record.partBytes);
  const missing = missingRanges(ranges, record.parts);
  tellStart(session, ranges.length, run);
  const isHashNeeded = record.wantsMd5 && record.md5 === null;
  const source = { fd: file.fd, path: record.source.path, ranges };
  const hashing = isHashNeeded ? run.deps.hashFile(source) : undefined;
  try {
    if (missing.length > 0) {
      onEvent({ type: 'phase', phase: 'sending' });
      await sendParts({ session, file, missing, parts: ranges.length }, run);
    }
    if (hashing === undefined) return { md5: record.md5, bytesSent: totalLength(missing) };
    onEvent({ type: 'phase', phase: 'hashing' });
    const { md5, partChecksums } = await untilAborted(hashing.result, signal);
    confirmChecksums(session.record, partChecksums);
    return { md5, bytesSent: totalLength(missing) };
  } finally {
    await hashing?.stop();
  }
}

function tellStart({ record }: Session, parts: number, run: Run): void {
  run.deps.onEvent({
    type: 'started',
    uploadId: record.uploadId,
    path: record.source.path,
    filename: record.filename,
    bytes: record.source.bytes,
    parts,
    partBytes: record.partBytes,
    concurrency: run.concurrency,
    partsResumed: record.parts.length,
    bytesResumed: totalLength(record.parts),
    timeLeftMs: timeLeftMs(record, run.deps),
  });
}

/** Waits for something that cannot be aborted itself. @throws the signal's reason */
function untilAborted<T>(promise: Promise<T>, signal: AbortSignal): Promise<T> {
  return new Promise((resolve, reject) => {
    const onAbort = () => reject(signal.reason);
    if (signal.aborted) onAbort();
    signal.addEventListener('abort', onAbort, { once: true });
    promise.then(resolve, reject).finally(() => signal.removeEventListener('abort', onAbort));
  });
}
