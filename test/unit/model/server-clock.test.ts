import { describe, expect, it } from 'vitest';
import { createServerClock } from '../../../src/model/server-clock.ts';
import { createFakeClock } from '../../helpers/fake-clock.ts';

const HOUR_MS = 3_600_000;
const YEAR_2400 = Date.UTC(2400, 0, 1);

function setUp(nowMs = 10 * HOUR_MS) {
  const clock = createFakeClock(nowMs);
  return { clock, serverClock: createServerClock(clock) };
}

describe('the server’s clock', () => {
  it('is ours, with the offset that an earlier run has saved, until the server has spoken', () => {
    const { serverClock } = setUp(1_000_000);
    expect([serverClock.now(0), serverClock.now(-500)]).toEqual([1_000_000, 999_500]);
    expect(serverClock.isKnown()).toBe(false);
  });

  it('is that of the upload it has created, whatever is assumed and whatever a Date says', async () => {
    const { clock, serverClock } = setUp();
    serverClock.observe(YEAR_2400);
    serverClock.anchor(5_000_000);
    serverClock.observe(YEAR_2400);
    serverClock.observe(0);
    await clock.advance(2500);
    expect(serverClock.now(777)).toBe(5_002_500);
    expect(serverClock.isKnown()).toBe(true);
  });

  it('is not ahead of ours for one odd Date, or for many', () => {
    const { clock, serverClock } = setUp();
    serverClock.observe(YEAR_2400);
    expect(serverClock.now(0)).toBe(clock.now());
    serverClock.observe(clock.now() + 5 * HOUR_MS);
    expect(serverClock.now(0)).toBe(clock.now());
  });

  it.each([
    ['was put right since the offset was saved', 0, 3 * HOUR_MS],
    ['was put wrong since the offset was saved', -3 * HOUR_MS, 0],
  ])('is that of the Date when ours %s', (_, dateMs, assumedMs) => {
    const { clock, serverClock } = setUp();
    serverClock.observe(clock.now() + dateMs);
    expect(serverClock.now(assumedMs)).toBe(clock.now() + dateMs);
  });

  it('may at the latest be that of the Date, or ours', () => {
    const { clock, serverClock } = setUp();
    expect(serverClock.latest()).toBe(clock.now());
    serverClock.observe(clock.now() + HOUR_MS);
    expect(serverClock.latest()).toBe(clock.now() + HOUR_MS);
    serverClock.observe(clock.now() - HOUR_MS);
    expect(serverClock.latest()).toBe(clock.now());
  });

  it('does not follow a jump of the wall clock', async () => {
    const { clock, serverClock } = setUp();
    const before = serverClock.now(0);
    clock.jump(24 * HOUR_MS);
    await clock.advance(1000);
    expect(serverClock.now(0)).toBe(before + 1000);
  });

  it('goes on while the machine is suspended', () => {
    const { clock, serverClock } = setUp();
    serverClock.anchor(5_000_000);
    clock.suspend(HOUR_MS);
    expect(serverClock.now(0)).toBe(8_600_000);
  });
});
