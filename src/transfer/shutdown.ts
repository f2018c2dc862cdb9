import { setMaxListeners } from 'node:events';
import type { Clock } from '../model/clock.ts';

/** How long a part in flight may still take once the run is ending. */
export const GRACE_MS = 3000;

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

/** Ends a run in two steps, because a part that is nearly acknowledged is worth three seconds. */
export function createShutdown(clock: Clock, signal: AbortSignal): Shutdown {
  const stop = new AbortController();
  const aborted = new AbortController();
  const disposed = new AbortController();
  // Every part in flight may add a listener.
  setMaxListeners(0, stop.signal, aborted.signal);
  const begin = (reason: unknown) => {
    if (stop.signal.aborted) return;
    stop.abort(reason);
    void clock.sleep(GRACE_MS, disposed.signal).then(
      () => aborted.abort(reason),
      () => undefined,
    );
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
      disposed.abort('disposed');
    },
  };
}
