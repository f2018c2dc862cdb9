import { uptime } from 'node:os';
import { setTimeout as sleep } from 'node:timers/promises';
import type { Clock } from './clock.ts';

/** On Linux `os.uptime` reads a file, so do not call it many times a second. */
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
