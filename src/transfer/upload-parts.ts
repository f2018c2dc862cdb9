import { isUploadError } from '../model/errors.ts';
import type { PartCutter } from '../plan/part-cutter.ts';
import type { Range } from '../plan/ranges.ts';
import { isCutOff } from './concurrency.ts';
import type { UploadSlot } from './pool.ts';
import { type RetryPolicy, retry } from './retry.ts';
import { createShutdown, type Shutdown, watchForStall } from './time-limits.ts';

/** How often conditions that depend only on time are checked. */
const TICK_MS = 1000;

export interface AttemptOptions {
  readonly signal: AbortSignal;
  /** Aborted as soon as nothing new may begin, such as a connection. */
  readonly stop: AbortSignal;
  /** Counts from 1. */
  readonly attempt: number;
  /** Reports the bytes of the part handed to the network so far in this attempt. */
  readonly onSent: (bytes: number) => void;
}

export interface PartsUpload<Receipt> {
  /** Cuts the parts. */
  readonly cutter: PartCutter;
  /** Provides the places for parts in flight. */
  readonly slot: UploadSlot;
  readonly policy: RetryPolicy;
  /** Longest time without progress in an attempt's body. */
  readonly stallMs: number;
  /** Ends the run. `uploadParts` rejects with its reason. */
  readonly signal: AbortSignal;
  /**
   * Makes one attempt at one part. Each retry calls it again, so it must create a fresh body every
   * time.
   */
  readonly sendPart: (range: Range, options: AttemptOptions) => Promise<Receipt>;
  /**
   * Called when the server has the part. Resolves once that is saved; only then does the part
   * count. A failure ends the run.
   */
  readonly acknowledge: (range: Range, receipt: Receipt) => Promise<void>;
  /** Reports the bytes of a part in flight; 0 when an attempt has failed. */
  readonly onInFlight: (range: Range, bytes: number) => void;
  /** Called every second. An error ends the run at once, without waiting for parts in flight. */
  readonly onTick: () => void;
}

/**
 * Sends what the cutter has left, several parts at a time, and cuts each one only when its turn
 * comes. A slow part holds up no other. The first failure that retries cannot cure starts no more
 * parts, gives the parts in flight `GRACE_MS`, and becomes the promise's rejection.
 */
export async function uploadParts<Receipt>(upload: PartsUpload<Receipt>): Promise<void> {
  const { cutter, slot, policy, signal } = upload;
  const shutdown = createShutdown(policy.clock, signal);
  const inFlight = new Set<Promise<void>>();
  const halved = createBell();
  const restBytes = () => (shutdown.stop.aborted ? 0 : cutter.restBytes());

  const sendNext = async () => {
    // Cut the range only when its turn has come, or one more part would start after a failure.
    const range = restBytes() > 0 ? cutter.cut(slot.nextPartBytes(cutter.minPartBytes())) : undefined;
    if (range === undefined) return;
    const part = sendWithRetries(upload, { range, shutdown, onHalved: halved.ring });
    await part.catch(shutdown.begin);
  };

  const stopTicking = tick(upload, shutdown);

  try {
    while (restBytes() > 0 || inFlight.size > 0) {
      if (restBytes() > 0) await startPart();
      else await Promise.race([...inFlight, halved.rings()]);
    }

    shutdown.stop.throwIfAborted();
  } finally {
    stopTicking();
    shutdown.dispose();
  }

  /** Resolves once the part has its place. */
  function startPart(): Promise<void> {
    return new Promise((resolve) => {
      const begin = async () => {
        resolve();
        await sendNext();
      };
      const part = slot.part(begin, restBytes).finally(() => inFlight.delete(part));
      inFlight.add(part);
    });
  }
}

async function sendWithRetries<Receipt>(
  upload: PartsUpload<Receipt>,
  work: { readonly range: Range; readonly shutdown: Shutdown; readonly onHalved: () => void },
): Promise<void> {
  const { slot, policy, cutter } = upload;
  const { stop, aborted } = work.shutdown;
  let { range } = work;

  const attempt = async (number: number): Promise<Receipt> => {
    try {
      return await slot.attempt(range.length, async () => {
        stop.throwIfAborted();
        return await sendOnce(upload, range, { attempt: number, signal: aborted, stop });
      });
    } catch (error) {
      // On an unreliable connection a smaller range has a better chance.
      if (isCutOff(error)) range = cutter.halve(range, number > 1);
      const isTooLarge = isUploadError(error) && error.facts.wantsSmallerParts === true;
      if (isTooLarge) range = cutter.shrink(range);
      work.onHalved();
      if (isTooLarge) return await attempt(number);
      throw error;
    }
  };

  const receipt = await retry(policy, { what: `part ${range.index + 1}`, signal: stop, attempt });
  cutter.taken(range);
  await upload.acknowledge(range, receipt);
}

async function sendOnce<Receipt>(
  { policy, slot, sendPart, stallMs, onInFlight }: PartsUpload<Receipt>,
  range: Range,
  { attempt, signal, stop }: Omit<AttemptOptions, 'onSent'>,
): Promise<Receipt> {
  const action = `sending part ${range.index + 1}`;
  const watch = watchForStall({ clock: policy.clock, stallMs, action, signal });

  let sentBytes = 0;

  const onSent = (bytes: number) => {
    if (bytes >= range.length) watch.sent();
    else watch.moved();
    onInFlight(range, bytes);
    slot.moved(bytes - sentBytes);
    sentBytes = bytes;
  };

  try {
    return await sendPart(range, { signal: watch.signal, stop, attempt, onSent });
  } catch (error) {
    onInFlight(range, 0);
    throw error;
  } finally {
    watch.end();
  }
}

/** Ticks until the returned function is called, or a tick fails. */
function tick<Receipt>({ policy, slot, onTick }: PartsUpload<Receipt>, shutdown: Shutdown): () => void {
  const schedule = () => policy.clock.after(Math.min(TICK_MS, Math.max(1, policy.timeLeftMs())), onTime);
  const onTime = () => {
    try {
      slot.moved(0);
      onTick();
      cancel = schedule();
    } catch (error) {
      shutdown.endNow(error);
    }
  };

  let cancel = schedule();
  return () => cancel();
}

/** Wakes everything that waits for it. */
function createBell() {
  const waiting = new Set<() => void>();
  return {
    rings: () => new Promise<void>((resolve) => waiting.add(resolve)),
    ring() {
      for (const wake of waiting) wake();
      waiting.clear();
    },
  };
}
