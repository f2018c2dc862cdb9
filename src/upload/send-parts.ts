import type { FileHandle } from 'node:fs/promises';
import { UploadError } from '../model/errors.ts';
import { createPartCutter } from '../plan/part-cutter.ts';
import { countParts, DEFAULT_MAX_PART_BYTES, missingSpans, totalLength } from '../plan/ranges.ts';
import type { SavedDigests } from '../sessions/record.ts';
import type { SessionHandle } from '../sessions/session.ts';
import { createDeadlineWatch, trackProgress } from '../transfer/progress.ts';
import { uploadParts } from '../transfer/upload-parts.ts';
import { shownPath } from './caller-error.ts';
import type { UploadContext } from './context.ts';
import { hashSource } from './open-source.ts';
import { expiredWhileSending } from './read-session.ts';
import { sendPart, type Work } from './send-part.ts';

/**
 * Sends the parts that the server has not acknowledged, while a worker hashes the whole file.
 * @returns the digests of the whole file, null when none are wanted, and the number of bytes sent
 * @throws UploadError; the parts acknowledged until then are saved
 */
export async function sendMissing(
  session: SessionHandle,
  file: FileHandle,
  context: UploadContext,
): Promise<{ digests: SavedDigests; bytesSent: number }> {
  const { record } = session;
  const { deps, timeSpent } = context;
  const bytesSent = record.source.bytes - totalLength(record.parts);

  emitStarted(session, context);

  const send = async () => {
    if (bytesSent === 0) return;
    deps.onEvent({ type: 'phase', phase: 'sending' });
    const since = deps.clock.monotonic();
    await sendParts({ session, file }, context);
    timeSpent.onAll('sending', deps.clock.monotonic() - since);
  };

  if ((record.wantsMd5 || context.claim) && record.md5 === null)
    return { digests: await hashSource(record, file, context, send), bytesSent };

  await send();

  return { digests: { md5: record.md5, sha256: record.sha256 }, bytesSent };
}

/**
 * Sends parts, and saves each as soon as the server has acknowledged it.
 * @throws as `uploadParts`; UploadError `upload_expired` when the upload expires meanwhile
 */
async function sendParts(work: Work, context: UploadContext): Promise<void> {
  const { session } = work;
  const { record } = session;
  const { deps, policy, slot, stallMs } = context;
  const { clock, signal, onEvent, linkMemory } = deps;
  const totalBytes = record.source.bytes;
  const leftMs = () => deps.serverClock.timeLeftMs(record);
  const leftAtStartMs = leftMs();

  const nextIndex = Math.max(-1, ...record.parts.map(({ index }) => index)) + 1;
  const partIds = new Set(record.parts.map(({ partId }) => partId));
  const sizes = { ...record, maxPartBytes: linkMemory.read().maxPartBytes };
  const cutter = createPartCutter(missingSpans(totalBytes, record.parts), sizes, nextIndex);

  const progress = trackProgress({
    totalBytes,
    parts: countParts(totalBytes, record),
    resumedParts: record.parts.length,
    resumedBytes: totalLength(record.parts),
    retries: context.retries,
    clock,
    onEvent,
  });
  const resumedParts = record.parts.length;
  const watchDeadline = createDeadlineWatch({ clock, timeLeftMs: leftMs, resumedParts, onEvent });

  await session.startSending();
  await uploadParts({
    cutter,
    slot,
    policy,
    stallMs,
    signal,
    sendPart: (range, options) => sendPart(work, range, options, context),
    async acknowledge(range, receipt) {
      if (partIds.has(receipt.partId)) throw repeatedPart(receipt.partId);
      partIds.add(receipt.partId);

      await session.acknowledge({ ...range, ...receipt });
      progress.acknowledged(range.index, range.length);
      watchDeadline(progress.current);
    },
    onInFlight: ({ index }, bytes) => progress.inFlight(index, bytes),
    onTick() {
      if (leftMs() <= 0) throw expiredWhileSending(session.record, progress.current, leftAtStartMs);
      progress.tick();
      watchDeadline(progress.current);
    },
  });

  if (cutter.maxPartBytes() < DEFAULT_MAX_PART_BYTES)
    linkMemory.save({ maxPartBytes: cutter.maxPartBytes() });
}

/**
 * Makes the error for an id that two parts share. The server could mean either part at *complete*,
 * so the upload is given up.
 */
function repeatedPart(partId: string): UploadError {
  const message = `sending the parts failed: the server gave the id ${partId} to two of them`;
  const hint = 'Check the base URL and any proxy in between: one of them may repeat an old response.';
  return new UploadError('request_refused', { message, hint }, { isFinal: true });
}

function emitStarted({ record }: SessionHandle, context: UploadContext): void {
  const bytes = record.source.bytes;

  context.deps.onEvent({
    type: 'started',
    uploadId: record.uploadId,
    path: shownPath(record),
    filename: record.filename,
    bytes,
    parts: countParts(bytes, record),
    partBytes: record.partBytes,
    concurrency: context.deps.limits.concurrency,
    partsResumed: record.parts.length,
    bytesResumed: totalLength(record.parts),
    timeLeftMs: record.isLifetimeUnknown ? null : context.deps.serverClock.timeLeftMs(record),
  });
}
