import type { FileHandle } from 'node:fs/promises';
import { startPartChecksum } from '../checksum/part-checksum.ts';
import { UploadError } from '../model/errors.ts';
import { type Range, totalLength } from '../plan/ranges.ts';
import { contentBytes } from '../plan/slices.ts';
import type { SessionHandle } from '../sessions/session.ts';
import { cutChunk, readRange } from '../source/read-range.ts';
import { createDeadlineWatch } from '../transfer/deadline-watch.ts';
import { trackProgress } from '../transfer/progress.ts';
import type { TimeSpent } from '../transfer/time-spent.ts';
import { type AttemptOptions, uploadParts } from '../transfer/upload-parts.ts';
import type { UploadContext } from './context.ts';
import { refuseClosed } from './saved-session.ts';

interface Work {
  readonly session: SessionHandle;
  readonly file: FileHandle;
  readonly missing: readonly Range[];
  /** Of the whole upload. */
  readonly parts: number;
}

/** Sends parts and saves each as soon as the server has acknowledged it. @throws as `uploadParts` */
export function sendParts(work: Work, context: UploadContext): Promise<void> {
  const { session, missing, parts } = work;
  const { record } = session;
  const { clock, signal, onEvent } = context.deps;
  const progress = trackProgress({
    totalBytes: contentBytes(record),
    parts,
    resumedParts: record.parts.length,
    resumedBytes: totalLength(record.parts),
    retries: context.retries,
    onEvent,
  });
  const deadlineWatch = createDeadlineWatch(clock, context.policy.timeLeftMs, onEvent);
  return uploadParts({
    ranges: missing,
    slot: context.slot,
    policy: context.policy,
    stallMs: context.stallMs,
    signal,
    sendPart: (range, options) => sendPart(work, range, options, context),
    async acknowledge(range, receipt) {
      await session.acknowledge({ ...range, ...receipt });
      progress.acknowledged(range.index, range.length);
      deadlineWatch(progress.current);
    },
    onInFlight: ({ index }, bytes) => progress.inFlight(index, bytes),
  });
}

interface Receipt {
  readonly partId: string;
  /** Of the bytes that went out, whatever the file holds by now. */
  readonly checksum: string;
}

/** One attempt, with a body of its own. */
async function sendPart(
  work: Work,
  range: Range,
  options: AttemptOptions,
  context: UploadContext,
): Promise<Receipt> {
  const { record } = work.session;
  refuseClosed(record, context.deps);
  const { path } = record.source;
  const places = record.slices?.places ?? null;
  const { clock, chunkBuffers, limits } = context.deps;
  const { rateLimit } = limits;
  const buffers = chunkBuffers.take();
  const checksum = startPartChecksum();
  let sent = 0;
  let since = clock.monotonic();
  const lap = (what: Parameters<TimeSpent['onPart']>[0]) => {
    const now = clock.monotonic();
    context.timeSpent.onPart(what, now - since);
    since = now;
  };
  const bytes = async function* () {
    for await (const chunk of readRange(work.file, range, { path, places, clock, buffers })) {
      lap('disk');
      for (const piece of rateLimit ? cutChunk(chunk, rateLimit.pieceBytes) : [chunk]) {
        if (rateLimit) await rateLimit.take(piece.length, options.signal, () => options.onSent(sent));
        lap('limit-rate');
        checksum.update(piece);
        yield piece;
        lap('network');
        sent += piece.length;
        options.onSent(sent);
      }
    }
  };
  const number = range.index + 1;
  const part = { uploadId: record.uploadId, number, length: range.length, bytes: bytes() };
  const partId = await context.deps.api.addPart(part, options);
  lap('server');
  if (sent < range.length) throw prematureResponse(number);
  // After a failure the socket may still hold on to them.
  chunkBuffers.giveBack(buffers);
  return { partId, checksum: checksum.digest() };
}

function prematureResponse(number: number): UploadError {
  const message = `sending part ${number} failed: the server said yes before it had all of it`;
  return new UploadError('server_error', { message, hint: 'Wait a little.', isRetryable: true });
}
