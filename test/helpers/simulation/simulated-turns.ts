import { syncBuiltinESMExports } from 'node:module';
import timers from 'node:timers/promises';

/** The turns of the event loop. They come when the simulated clock says so. */
export interface SimulatedTurns {
  /** Runs what waits for the next turn. Returns whether anything did. */
  next(): boolean;
  /** Gives this process its event loop back. */
  end(): void;
}

/**
 * Takes `setImmediate` away from the event loop. A real turn comes sooner or later than a real
 * timer, so it would come at another simulated time in each run, which would make a seed useless.
 */
export function simulateTurns(): SimulatedTurns {
  const real = { global: globalThis.setImmediate, promise: timers.setImmediate };
  let waiting: (() => void)[] = [];
  const next = () => {
    const now = waiting;
    waiting = [];
    for (const run of now) run();
    return now.length > 0;
  };

  const wait = (run: (...args: unknown[]) => void, ...args: unknown[]) =>
    void waiting.push(() => run(...args));
  Object.assign(globalThis, { setImmediate: wait });
  Object.assign(timers, { setImmediate: async (value: unknown) => new Promise((run) => wait(run, value)) });
  syncBuiltinESMExports();

  return {
    next,
    end() {
      Object.assign(globalThis, { setImmediate: real.global });
      Object.assign(timers, { setImmediate: real.promise });
      syncBuiltinESMExports();
      next();
    },
  };
}
