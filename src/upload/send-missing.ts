import type { FileHandle } from 'node:fs/promises';
import { missingRanges, planRanges, totalLength } from '../plan/ranges.ts';
import { contentBytes } from '../plan/slices.ts';
import type { SessionHandle } from '../sessions/session.ts';
import { timeLeftMs, type UploadContext } from './context.ts';
import { hashSource } from './hash-source.ts';
import { sendParts } from './send-parts.ts';
import { shownPath } from './shown-path.ts';

/**
 * Sends the parts that the server has not acknowledged, while a worker hashes all that is uploaded.
 * @returns the MD5 of all of it, null when none is wanted, and the bytes that were sent
 * @throws UploadError; what was acknowledged until then is saved
 */
export async function sendMissing(
  session: SessionHandle,
  file: FileHandle,
  context: UploadContext,
): Promise<{ md5: string | null; bytesSent: number }> {
  const { record } = session;
  const { deps, timeSpent } = context;
  const ranges = planRanges(contentBytes(record), record.partBytes);
  const missing = missingRanges(ranges, record.parts);
  emitStarted(session, ranges.length, context);
  const send = async () => {
    if (missing.length === 0) return;
    deps.onEvent({ type: 'phase', phase: 'sending' });
    const since = deps.clock.monotonic();
    await sendParts({ session, file, missing, parts: ranges.length }, context);
    timeSpent.onAll('sending', deps.clock.monotonic() - since);
  };
  const bytesSent = totalLength(missing);
  if (record.wantsMd5 && record.md5 === null)
    return { md5: await hashSource(record, file, context, send), bytesSent };
  await send();
  return { md5: record.md5, bytesSent };
}

function emitStarted({ record }: SessionHandle, parts: number, context: UploadContext): void {
  context.deps.onEvent({
    type: 'started',
    uploadId: record.uploadId,
    path: shownPath(record),
    filename: record.filename,
    bytes: contentBytes(record),
    parts,
    partBytes: record.partBytes,
    concurrency: context.deps.limits.concurrency,
    partsResumed: record.parts.length,
    bytesResumed: totalLength(record.parts),
    timeLeftMs: timeLeftMs(record, context.deps),
  });
}
