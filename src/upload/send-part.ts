import type { FileHandle } from 'node:fs/promises';
import { startPartChecksum } from '../checksum/part-checksum.ts';
import { UploadError } from '../model/errors.ts';
import type { Range } from '../plan/ranges.ts';
import type { SessionHandle } from '../sessions/session.ts';
import { cutChunk, readRange } from '../source/read-range.ts';
import type { TimeSpent } from '../transfer/progress.ts';
import type { AttemptOptions } from '../transfer/upload-parts.ts';
import type { UploadContext } from './context.ts';
import { isTurnedDown, judgePartRefusal } from './judge-refusal.ts';
import { refuseClosed } from './read-session.ts';

/** The upload that the parts belong to. */
export interface Work {
  readonly session: SessionHandle;
  readonly file: FileHandle;
}

interface Receipt {
  readonly partId: string;
  /** Covers the bytes that were sent, even if the file has changed since. */
  readonly checksum: string;
}

/**
 * Makes one attempt to send a part, with its own body.
 * @throws UploadError of the request, and `source_unreadable`
 */
export async function sendPart(
  work: Work,
  range: Range,
  options: AttemptOptions,
  context: UploadContext,
): Promise<Receipt> {
  const { session } = work;
  refuseClosed(session.record, context.deps);
  const { uploadId, source } = session.record;
  const { path } = source;
  const { clock, chunkBuffers, limits } = context.deps;
  const { rateLimit } = limits;
  const buffers = chunkBuffers.take(range.length);
  const checksum = startPartChecksum();
  let hasBegun = false;
  let sent = 0;
  let since = clock.monotonic();

  const lap = (what: Parameters<TimeSpent['onPart']>[0]) => {
    const now = clock.monotonic();
    context.timeSpent.onPart(what, now - since);
    since = now;
  };

  const bytes = async function* () {
    hasBegun = true;
    for await (const chunk of readRange(work.file, range, { path, clock, buffers })) {
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
  const part = { uploadId, number, length: range.length, bytes: bytes() };
  const partId = await context.deps.api.addPart(part, options).catch((error: unknown) => {
    // The reason of an abort may be the refusal of another part, which says nothing about this one.
    if (hasBegun && (options.signal.aborted || !isTurnedDown(error))) session.losePart();
    const { retries } = context.policy;
    const attempt = { attempt: options.attempt, retries, length: range.length, hasBegun };
    throw judgePartRefusal(error, session, attempt);
  });

  lap('server');
  if (sent < range.length) {
    session.losePart();
    throw prematureResponse(number);
  }

  // The buffers are not given back after a failure, because the socket may still use them.
  chunkBuffers.giveBack(buffers);

  return { partId, checksum: checksum.digest() };
}

function prematureResponse(number: number): UploadError {
  const message = `sending part ${number} failed: the server accepted it before all of it was sent`;
  return new UploadError('server_error', { message, hint: 'Wait a moment.', isRetryable: true });
}
