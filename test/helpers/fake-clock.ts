import { type Clock, sleepBy } from '../../src/model/clock.ts';

export interface FakeClock extends Clock {
  /** Lets that much time pass: who sleeps wakes in the order of the alarms, each with all that follows from it. */
  advance(ms: number): Promise<void>;
  /** Lets time pass, from alarm to alarm, until the promise settles. Rejects when it waits for something else. */
  runUntilSettled<T>(promise: Promise<T>): Promise<T>;
  /** How many are asleep. */
  sleeping(): number;
  /** Shifts the wall clock alone, as a user or NTP would. */
  jump(ms: number): void;
  /** Closes the lid for that long: the wall clock and the uptime go on, nothing else does. */
  suspend(ms: number): void;
  /** Stops the process for that long, as Ctrl-Z does: all clocks go on, and who should have woken meanwhile wakes with the next `advance`. */
  stop(ms: number): void;
}

interface Sleeper {
  readonly wakeAt: number;
  readonly wake: () => void;
}

/** A clock that stands still unless a test moves it. Nobody else's timers are touched. */
export function createFakeClock(startMs = 1_000_000): FakeClock {
  let elapsedMs = 0;
  let suspendedMs = 0;
  let wallMs = startMs;
  let sleepers: readonly Sleeper[] = [];
  const remove = (sleeper: Sleeper) => {
    sleepers = sleepers.filter((other) => other !== sleeper);
  };
  const moveTo = (time: number) => {
    wallMs += time - elapsedMs;
    elapsedMs = time;
  };
  const wakeNext = async (next: Sleeper) => {
    moveTo(Math.max(elapsedMs, next.wakeAt));
    remove(next);
    next.wake();
    await allThatFollows();
  };
  /** The earliest alarm; of two at the same time the one that was set first. */
  const nextSleeper = () =>
    sleepers.reduce<Sleeper | undefined>(
      (first, other) => (first === undefined || other.wakeAt < first.wakeAt ? other : first),
      undefined,
    );
  const after = (ms: number, wake: () => void) => {
    const sleeper: Sleeper = { wakeAt: elapsedMs + ms, wake };
    sleepers = [...sleepers, sleeper];
    return () => remove(sleeper);
  };
  return {
    now: () => wallMs,
    monotonic: () => elapsedMs,
    uptime: () => elapsedMs + suspendedMs,
    sleeping: () => sleepers.length,
    jump: (ms) => {
      wallMs += ms;
    },
    suspend: (ms) => {
      wallMs += ms;
      suspendedMs += ms;
    },
    stop: (ms) => moveTo(elapsedMs + ms),
    after,
    sleep: (ms, signal) => sleepBy(after, ms, signal),
    async advance(ms) {
      const end = elapsedMs + ms;
      await allThatFollows();
      for (let next = nextSleeper(); next && next.wakeAt <= end; next = nextSleeper()) await wakeNext(next);
      moveTo(end);
    },
    async runUntilSettled(promise) {
      let isSettled = false;
      const settled = () => {
        isSettled = true;
      };
      promise.then(settled, settled);
      for (await allThatFollows(); !isSettled; ) {
        const next = nextSleeper();
        if (!next) throw new Error('Nobody sleeps any more, and the promise is still pending.');
        await wakeNext(next);
      }
      return promise;
    },
  };
}

/** Resolves once every promise that can settle without time passing has settled. */
function allThatFollows(): Promise<void> {
  return new Promise((resolve) => setImmediate(resolve));
}
