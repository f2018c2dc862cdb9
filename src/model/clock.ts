import { uptime } from 'node:os';
import { setTimeout as sleep } from 'node:timers/promises';

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
   * Like `monotonic`, but keeps counting while the machine is suspended. Costs a system call or
   * two.
   */
  uptime(): number;
  /** Resolves after `ms`. Rejects with the signal's reason as soon as the signal aborts. */
  sleep(ms: number, signal?: AbortSignal): Promise<void>;
}

/** On Linux `os.uptime` reads a file, so do not call `uptime` many times a second. */
export const systemClock: Clock = {
  now: Date.now,
  monotonic: () => performance.now(),
  uptime: () => uptime() * 1000,
  sleep: async (ms, signal) => {
    await sleep(Math.min(ms, 2 ** 31 - 1), undefined, signal ? { signal } : undefined).catch(
      (error: unknown) => {
        throw signal?.aborted ? signal.reason : error;
      },
    );
  },
};
