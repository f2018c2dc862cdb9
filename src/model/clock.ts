import { uptime } from 'node:os';

/** The time. It is passed as an argument so that tests can control it. */
export interface Clock {
  /** The wall clock, in milliseconds since 1970. It may jump. */
  now(): number;
  /**
   * Milliseconds since some start, which mean something only as differences. They never jump, and
   * stop while the machine is suspended.
   */
  monotonic(): number;
  /**
   * Like `monotonic`, but also counts the time for which the machine was suspended, a second after
   * it wakes up at the latest. In whole milliseconds.
   */
  uptime(): number;
  /** Resolves after `ms`. Rejects with the signal's reason as soon as the signal aborts. */
  sleep(ms: number, signal?: AbortSignal): Promise<void>;
  /** Calls `action` after `ms`, unless the returned function is called before. */
  after(ms: number, action: () => void): () => void;
}

/** On Linux `os.uptime` reads a file, so it is asked once a second at most. */
const MAX_AGE_MS = 1000;
let asked = { at: Number.NEGATIVE_INFINITY, uptimeMs: 0 };

export const systemClock: Clock = {
  now: Date.now,
  monotonic,
  uptime() {
    const at = monotonic();
    if (at - asked.at > MAX_AGE_MS) asked = { at, uptimeMs: uptime() * 1000 };
    return Math.round(asked.uptimeMs + at - asked.at);
  },
  sleep: (ms, signal) => sleepBy(after, ms, signal),
  after,
};

/**
 * Sleeps by what a clock does after some time. Not as `node:timers/promises` does: for each signal
 * that aborts, that makes an error with a stack.
 */
export function sleepBy(after: Clock['after'], ms: number, signal: AbortSignal | undefined): Promise<void> {
  return new Promise((resolve, reject) => {
    if (signal?.aborted) return reject(signal.reason);
    const onAbort = () => {
      cancel();
      reject(signal?.reason);
    };
    const cancel = after(ms, () => {
      signal?.removeEventListener('abort', onAbort);
      resolve();
    });
    signal?.addEventListener('abort', onAbort, { once: true });
  });
}

/** The longest time that a timer of Node takes. */
const MAX_TIMER_MS = 2 ** 31 - 1;

function after(ms: number, action: () => void): () => void {
  const timer = setTimeout(action, Math.min(ms, MAX_TIMER_MS));
  return () => clearTimeout(timer);
}

/** Not by `performance`: Node loads it when it is first used, which takes a millisecond. */
function monotonic(): number {
  const [seconds, nanoseconds] = process.hrtime();
  return seconds * 1000 + nanoseconds / 1e6;
}
