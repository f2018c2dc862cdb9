import { setMaxListeners } from 'node:events';
import type { Clock } from '../model/clock.ts';
import { UploadError } from '../model/errors.ts';
import { hint, option } from '../model/hint.ts';

/** The response may take longer than the body: the server may be writing 64 MB to disk. */
const ANSWER_FACTOR = 4;

/**
 * A watch that wakes up this late was itself suspended, by Ctrl-Z or by a terminal that blocked on
 * output. It could not see whether anything moved.
 */
const OVERSLEPT_MS = 1000;

export interface StallWatch {
  /**
   * Aborted with the caller's signal, or with an UploadError `stalled` when nothing moves for too
   * long.
   */
  readonly signal: AbortSignal;
  /** Reports progress of the body. */
  moved(): void;
  /** Reports that the whole body is out. From now on the longer limit for the response applies. */
  sent(): void;
  /** Ends the watch. */
  end(): void;
}

interface WatchedAttempt {
  readonly clock: Clock;
  readonly stallMs: number;
  readonly action: string;
  readonly signal: AbortSignal;
  /** How long the attempt may go on after the signal. Not at all if absent. */
  readonly graceMs?: number;
}

/**
 * Watches one attempt. Its total time is not limited: a slow link is no fault, but one that stops
 * moving is.
 * @param stallMs longest time without progress in the body; the response may take four times as
 * long, plus the time that the body took
 */
export function watchForStall(options: WatchedAttempt): StallWatch {
  const { clock, stallMs, action, signal, graceMs = 0 } = options;
  const attempt = new AbortController();
  const started = clock.monotonic();
  const state = { since: started, limitMs: stallMs, isSent: false };
  let cancelGrace: (() => void) | undefined;
  let cancelLook = clock.after(stallMs, () => look(started + stallMs));

  const onAbort = () => {
    const drop = () => attempt.abort(signal.reason);
    if (graceMs === 0) drop();
    else cancelGrace = clock.after(graceMs, drop);
  };
  if (signal.aborted) onAbort();
  // Cheaper than `AbortSignal.any`, of which there would be one for each request.
  else signal.addEventListener('abort', onAbort, { once: true });

  return {
    signal: attempt.signal,
    moved() {
      state.since = clock.monotonic();
    },
    sent() {
      // Sent bytes may still be in the system's buffers, on a slow link as long as the body took.
      const now = clock.monotonic();
      const limitMs = stallMs * ANSWER_FACTOR + (now - started);
      Object.assign(state, { since: now, limitMs, isSent: true });
    },
    end() {
      signal.removeEventListener('abort', onAbort);
      cancelLook();
      cancelGrace?.();
    },
  };

  /** Comes back when the limit can be reached at the earliest, so progress needs no timer. */
  function look(dueAt: number): void {
    const now = clock.monotonic();
    if (now - dueAt > OVERSLEPT_MS) state.since = now;
    const left = state.since + state.limitMs - now;
    if (left <= 0) attempt.abort(stall(action, state));
    else cancelLook = clock.after(left, () => look(now + left));
  }
}

function stall(
  action: string,
  { limitMs, isSent }: { readonly limitMs: number; readonly isSent: boolean },
): UploadError {
  const why = isSent ? 'no response' : 'nothing moved';
  const message = `${action} failed: ${why} for ${Math.round(limitMs / 1000)} s`;
  return new UploadError('stalled', {
    message,
    hint: hint`Check the network; ${option('stallTimeoutMs')} sets the limit.`,
    isRetryable: true,
  });
}

/** Gives up when the response takes too long. For requests with a small body or none. */
export async function watchForResponse<T>(
  options: WatchedAttempt,
  request: (signal: AbortSignal) => Promise<T>,
): Promise<T> {
  const watch = watchForStall(options);
  watch.sent();
  try {
    return await request(watch.signal);
  } finally {
    watch.end();
  }
}

/** How long a part in flight may still take once the run is ending. A signal ends it within 3 s. */
export const GRACE_MS = 2500;

export interface Shutdown {
  /** Aborted as soon as the run is to end: nothing new starts and nothing is waited for. */
  readonly stop: AbortSignal;
  /** Aborted `GRACE_MS` later: whatever is still in flight is dropped. */
  readonly aborted: AbortSignal;
  /** Ends the run with this reason. Only the first reason counts. */
  begin(reason: unknown): void;
  /** Ends the run without the grace period, when what is in flight has become worthless. */
  endNow(reason: unknown): void;
  /** Cancels the timer. */
  dispose(): void;
}

/** Ends a run in two steps, because a part that is nearly acknowledged is worth a wait. */
export function createShutdown(clock: Clock, signal: AbortSignal): Shutdown {
  const stop = new AbortController();
  const aborted = new AbortController();
  let cancel: (() => void) | undefined;
  // Every part in flight may add a listener.
  setMaxListeners(0, stop.signal, aborted.signal);
  const begin = (reason: unknown) => {
    if (stop.signal.aborted) return;
    stop.abort(reason);
    cancel = clock.after(GRACE_MS, () => aborted.abort(reason));
  };
  const endNow = (reason: unknown) => {
    begin(reason);
    aborted.abort(stop.signal.reason);
  };

  const onAbort = () => begin(signal.reason);
  if (signal.aborted) onAbort();
  else signal.addEventListener('abort', onAbort, { once: true });
  return {
    stop: stop.signal,
    aborted: aborted.signal,
    begin,
    endNow,
    dispose() {
      signal.removeEventListener('abort', onAbort);
      cancel?.();
    },
  };
}
