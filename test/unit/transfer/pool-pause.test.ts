import { describe, expect, it } from 'vitest';
import { createPoolPause } from '../../../src/transfer/pool-pause.ts';
import { createFakeClock } from '../../helpers/fake-clock.ts';

/** Waits at the pause; `passedAt` is the time at which it let go. */
function waitAt(...holds: readonly number[]) {
  const clock = createFakeClock();
  const stop = new AbortController();
  const pause = createPoolPause(clock);
  for (const ms of holds) pause.holdFor(ms);
  const passedAt = pause.wait(stop.signal).then(() => clock.monotonic());
  return { clock, stop, pause, passedAt };
}

describe('a pause of the pool', () => {
  it('lets everyone through while nobody has asked for it', async () => {
    const { passedAt } = waitAt();
    expect(await passedAt).toBe(0);
  });

  it('holds until its time has passed', async () => {
    const { clock, passedAt } = waitAt(2000);
    expect(await clock.runUntilSettled(passedAt)).toBe(2000);
  });

  it('keeps the longer of two', async () => {
    const shorterLast = waitAt(2000, 500);
    expect(await shorterLast.clock.runUntilSettled(shorterLast.passedAt)).toBe(2000);
    const longerLast = waitAt(500, 2000);
    expect(await longerLast.clock.runUntilSettled(longerLast.passedAt)).toBe(2000);
  });

  it('holds longer when it is prolonged while somebody waits', async () => {
    const { clock, pause, passedAt } = waitAt(1000);
    await clock.advance(900);
    pause.holdFor(1000);
    expect(await clock.runUntilSettled(passedAt)).toBe(1900);
  });

  it('lets go of a waiter at once when it is aborted', async () => {
    const { clock, stop, passedAt } = waitAt(60_000);
    stop.abort('enough');
    await expect(passedAt).rejects.toBe('enough');
    expect(clock.sleeping()).toBe(0);
  });
});
