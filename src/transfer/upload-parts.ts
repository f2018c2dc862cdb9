import type { Range } from '../plan/ranges.ts';
import type { UploadSlot } from './pool.ts';
import { type RetryPolicy, retry } from './retry.ts';
import { createShutdown } from './shutdown.ts';
import { watchForStall } from './stall-watch.ts';

export interface AttemptOptions {
  readonly signal: AbortSignal;
  /** From 1. */
  readonly attempt: number;
  /** Bytes of the part that have been handed to the network so far, in this attempt. */
  readonly onSent: (bytes: number) => void;
}

export interface PartsUpload<Receipt> {
  readonly ranges: readonly Range[];
  /** Has the places for parts on their way. */
  readonly slot: UploadSlot;
  readonly policy: RetryPolicy;
  /** Longest time without progress in an attempt's body. */
  readonly stallMs: number;
  /** Ends the run; its reason is what `uploadParts` rejects with. */
  readonly signal: AbortSignal;
  /** One attempt at one part. Called again for each retry, so it makes a fresh body every time. */
  readonly sendPart: (range: Range, options: AttemptOptions) => Promise<Receipt>;
  /** The server has the part. Resolves once that is saved, and only then the part counts; its failure ends the run. */
  readonly acknowledge: (range: Range, receipt: Receipt) => Promise<void>;
  /** Bytes of a part on their way; 0 when an attempt has failed. */
  readonly onInFlight: (range: Range, bytes: number) => void;
}

/**
 * Sends the parts of a file, several at a time, in a window that slides: a slow part holds up no other.
 * The first failure that no retry cures stops the rest from starting, gives what is on its way three seconds,
 * and is what the promise rejects with.
 */
export async function uploadParts<Receipt>(upload: PartsUpload<Receipt>): Promise<void> {
  const shutdown = createShutdown(upload.policy.clock, upload.signal);
  const uploadOne = async (range: Range) => {
    // Asked when its turn has come: asked before, one more part would start after a failure.
    if (shutdown.stop.aborted) return;
    try {
      await upload.acknowledge(range, await sendWithRetries(upload, range, shutdown));
    } catch (error) {
      shutdown.begin(error);
    }
  };
  try {
    await Promise.all(upload.ranges.map((range) => upload.slot.part(() => uploadOne(range))));
    shutdown.stop.throwIfAborted();
  } finally {
    shutdown.dispose();
  }
}

type Signals = { readonly stop: AbortSignal; readonly aborted: AbortSignal };

function sendWithRetries<Receipt>(
  upload: PartsUpload<Receipt>,
  range: Range,
  { stop, aborted }: Signals,
): Promise<Receipt> {
  const { slot, policy, sendPart, stallMs, onInFlight } = upload;
  const what = `part ${range.index + 1}`;
  const attempt = async (number: number, onMoved: (bytes: number) => void) => {
    stop.throwIfAborted();
    const watch = watchForStall({ clock: policy.clock, stallMs, action: `sending ${what}`, signal: aborted });
    const onSent = (bytes: number) => {
      if (bytes >= range.length) watch.sent();
      else watch.moved();
      onMoved(bytes);
      onInFlight(range, bytes);
    };
    try {
      return await sendPart(range, { signal: watch.signal, attempt: number, onSent });
    } catch (error) {
      onInFlight(range, 0);
      throw error;
    } finally {
      watch.end();
    }
  };
  return retry(policy, {
    what,
    signal: stop,
    attempt: (number) => slot.attempt(range.length, (onMoved) => attempt(number, onMoved)),
  });
}
