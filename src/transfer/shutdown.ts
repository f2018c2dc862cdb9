import { setMaxListeners } from 'node:events';
import type { Clock } from '../model/clock.ts';

/** How long a part that is on its way may still take once the run is to end. */
export const GRACE_MS = 3000;

export interface Shutdown {
  /** Aborted at once when the run is to end: start nothing new, wait for nothing. */
  readonly stop: AbortSignal;
  /** Aborted `GRACE_MS` later: let go of what is still on its way. */
  readonly aborted: AbortSignal;
  /** Ends the run for a reason of its own; only the first reason counts. */
  begin(reason: unknown): void;
  /** Ends it without the grace, when what is on its way is worth nothing any more. */
  endNow(reason: unknown): void;
  /** Forgets the timer. */
  dispose(): void;
}

/** Ends a run in two steps: what is nearly acknowledged is worth three seconds. */
export function createShutdown(clock: Clock, signal: AbortSignal): Shutdown {
  const stop = new AbortController();
  const aborted = new AbortController();
  const disposed = new AbortController();
  // Each part on its way may listen.
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
      disposed.abort();
    },
  };
}
