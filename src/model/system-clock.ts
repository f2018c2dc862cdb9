import { uptime } from 'node:os';
import { setTimeout as sleep } from 'node:timers/promises';
import type { Clock } from './clock.ts';

/** `os.uptime` opens a file of the kernel's on Linux, so it is not for what happens many times a second. */
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
