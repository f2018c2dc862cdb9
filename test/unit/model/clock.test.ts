import { uptime } from 'node:os';
import { describe, expect, it } from 'vitest';
import { systemClock } from '../../../src/model/clock.ts';

describe('the system’s clock', () => {
  it('sleeps until it is aborted, and gives the signal’s own reason', async () => {
    const stop = new AbortController();
    const sleeping = systemClock.sleep(2 ** 40, stop.signal);
    stop.abort('enough');
    await expect(sleeping).rejects.toBe('enough');
    await expect(systemClock.sleep(1, AbortSignal.abort('before'))).rejects.toBe('before');
    await expect(systemClock.sleep(0)).resolves.toBeUndefined();
  });

  it('knows for how long the machine has been up, as the system does', () => {
    // The first call may ask the system, the second adds what has passed since.
    expect([systemClock.uptime(), systemClock.uptime()].every(Number.isInteger)).toBe(true);
    expect(Math.abs(systemClock.uptime() / 1000 - uptime())).toBeLessThan(1);
  });

  it('never goes back', () => {
    const times = Array.from({ length: 100 }, () => systemClock.monotonic());
    expect(times).toEqual([...times].sort((a, b) => a - b));
  });
});
