import { HEARTBEAT_MS } from '../../../src/lock/lock-state.ts';
import { type Clock, sleepBy } from '../../../src/model/clock.ts';
import type { SimulatedTurns } from './simulated-turns.ts';

/** When each scenario begins, in milliseconds since 1970. */
export const START_MS = Date.UTC(2030, 0, 1);

/** Time that passes only when nothing else can happen, so hours take no time. */
export interface SimulatedClock extends Clock {
  /** The time everywhere else, whatever this machine's clock shows. */
  trueNow(): number;
  /** Sets this machine's clock, so many milliseconds off the true time. */
  set(offMs: number): void;
  /** Lets time pass without waking any sleeper, as when the machine was asleep. */
  pass(ms: number): void;
  /** Passes time from alarm to alarm until the promise settles. Throws if nothing would happen. */
  run<T>(promise: Promise<T>): Promise<T>;
}

interface Sleeper {
  readonly wakeAt: number;
  readonly wake: () => void;
  readonly isHeartbeat: boolean;
}

/** Many times more than any run needs. */
const MAX_ALARMS = 200_000;

/**
 * Minimum time without any event before a run fails, in milliseconds. A cancellation that hangs
 * ends by the system's clock.
 */
const MAX_IDLE = 10_000;

export function createSimulatedClock(startMs: number, turns: SimulatedTurns): SimulatedClock {
  let [elapsedMs, offMs] = [0, 0];
  const sleepers = new Set<Sleeper>();

  const wakeNext = () => {
    let [next, hasWork]: [Sleeper | undefined, boolean] = [undefined, false];
    for (const sleeper of sleepers) {
      hasWork ||= !sleeper.isHeartbeat;
      if (next === undefined || sleeper.wakeAt < next.wakeAt) next = sleeper;
    }
    // A lock that is kept alive for ever is nothing that happens.
    if (next === undefined || !hasWork) return false;

    elapsedMs = Math.max(elapsedMs, next.wakeAt);
    sleepers.delete(next);
    next.wake();
    return true;
  };

  const after = (ms: number, wake: () => void) => {
    const sleeper = { wakeAt: elapsedMs + ms, wake, isHeartbeat: ms === HEARTBEAT_MS };
    sleepers.add(sleeper);
    return () => void sleepers.delete(sleeper);
  };

  return {
    now: () => startMs + elapsedMs + offMs,
    trueNow: () => startMs + elapsedMs,
    set(off) {
      offMs = off;
    },
    monotonic: () => elapsedMs,
    uptime: () => elapsedMs,
    sleep: (ms, signal) => sleepBy(after, ms, signal),
    after,
    pass(ms) {
      elapsedMs += ms;
    },
    async run(promise) {
      let isSettled = false;
      const settled = () => {
        isSettled = true;
      };
      promise.then(settled, settled);

      for (let alarms = 0, idle = 0; idle < MAX_IDLE; alarms += 1) {
        await allElse();
        if (isSettled) return await promise;
        if (alarms > MAX_ALARMS) throw new Error('the run spins');
        // A turn takes no time: it comes before the next alarm.
        if (turns.next() || wakeNext()) continue;

        idle += 1;
        await new Promise((resolve) => setTimeout(resolve, 1));
      }

      throw new Error('nobody sleeps any more, and the run has not ended');
    },
  };
}

/**
 * Resolves once every promise that can settle has done so, because Node runs a tick only after all
 * of them. It takes a fraction of the time of a turn of the event loop.
 */
function allElse(): Promise<void> {
  return new Promise((resolve) => process.nextTick(resolve));
}
