import type { FileHandle } from 'node:fs/promises';
import { startPartChecksum } from '../checksum/part-checksum.js';
import { missingRanges, planRanges, type Range, totalLength } from '../plan/ranges.ts';
import type { Session } from '../sessions/session.ts';
import { readRange } from '../source/read-range.ts';
import { createForecast } from '../transfer/forecast.ts';
import { trackProgress } from '../transfer/track-progress.ts';
import { type AttemptOptions, uploadParts } from '../transfer/upload-parts.ts';
import { confirmChecksums } from './open-source.ts';
import { type Run, timeLeftMs, untilAborted } from './run.ts';
import { refuseClosed } from './saved-session.ts';

interface Receipt {
  readonly partId: string;
  readonly checksum: string;
}

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
  const { path, bytes } = record.source;
  const ranges = planRanges(bytes, record.partBytes);
  const missing = missingRanges(ranges, record.parts);
  tellStart(session, ranges, run);
  const isHashNeeded = record.wantsMd5 && record.md5 === null;
  const hashing = isHashNeeded ? run.deps.hashFile({ fd: file.fd, path, ranges }) : undefined;
  try {
    if (missing.length > 0) run.deps.onEvent({ type: 'phase', phase: 'sending' });
    await sendParts({ session, file, run, missing, parts: ranges.length });
    if (hashing === undefined) return { md5: record.md5, bytesSent: totalLength(missing) };
    run.deps.onEvent({ type: 'phase', phase: 'hashing' });
    const { md5, partChecksums } = await untilAborted(hashing.result, run.deps.signal);
    confirmChecksums(session.record, partChecksums);
    return { md5, bytesSent: totalLength(missing) };
  } finally {
    await hashing?.stop();
  }
}

function sendParts(job: {
  session: Session;
  file: FileHandle;
  run: Run;
  missing: readonly Range[];
  parts: number;
}): Promise<void> {
  const { session, file, run, missing } = job;
  const { api, signal, onEvent } = run.deps;
  const { record } = session;
  const { uploadId } = record;
  const progress = trackProgress({
    totalBytes: record.source.bytes,
    parts: job.parts,
    resumedParts: record.parts.length,
    resumedBytes: totalLength(record.parts),
    retries: run.retries,
    onEvent,
  });
  const forecast = createForecast(run.deps.clock, run.policy.timeLeftMs, onEvent);
  const sendPart = async (range: Range, { signal, attempt, onSent }: AttemptOptions): Promise<Receipt> => {
    refuseClosed(session.record, run.deps);
    const checksum = startPartChecksum();
    let sent = 0;
    const bytes = async function* () {
      for await (const chunk of readRange(file, range, record.source.path)) {
        checksum.update(chunk);
        yield chunk;
        sent += chunk.length;
        onSent(sent);
      }
    };
    const part = { uploadId, number: range.index + 1, length: range.length, bytes: bytes() };
    const partId = await api.addPart(part, { signal, attempt });
    return { partId, checksum: checksum.digest() };
  };
  return uploadParts({
    ranges: missing,
    concurrency: run.concurrency,
    policy: run.policy,
    stallMs: run.stallMs,
    signal,
    sendPart,
    acknowledge(range, receipt) {
      session.acknowledge({ ...range, ...receipt });
      progress.acknowledged(range.index, range.length);
      forecast(progress.current);
    },
    onInFlight: ({ index }, bytes) => progress.inFlight(index, bytes),
  });
}

function tellStart({ record }: Session, ranges: readonly Range[], run: Run): void {
  run.deps.onEvent({
    type: 'started',
    uploadId: record.uploadId,
    path: record.source.path,
    filename: record.filename,
    bytes: record.source.bytes,
    parts: ranges.length,
    partBytes: record.partBytes,
    concurrency: run.concurrency,
    partsResumed: record.parts.length,
    bytesResumed: totalLength(record.parts),
    timeLeftMs: timeLeftMs(record, run.deps),
  });
}
