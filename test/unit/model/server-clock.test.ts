import { describe, expect, it } from 'vitest';
import { createServerClock } from '../../../src/model/server-clock.ts';
import { createFakeClock } from '../../helpers/fake-clock.ts';

describe('the server’s clock', () => {
  it('is ours, with the offset that an earlier run has saved, until the server has spoken', () => {
    const clock = createFakeClock(1_000_000);
    const serverClock = createServerClock(clock);
    expect([serverClock.now(0), serverClock.now(-500)]).toEqual([1_000_000, 999_500]);
  });

  it('is the server’s own from then on, whatever was assumed', async () => {
    const clock = createFakeClock(1_000_000);
    const serverClock = createServerClock(clock);
    serverClock.observe(5_000_000);
    await clock.advance(2500);
    expect(serverClock.now(777)).toBe(5_002_500);
  });

  it('does not follow a jump of the wall clock', async () => {
    const clock = createFakeClock(1_000_000);
    const serverClock = createServerClock(clock);
    serverClock.observe(5_000_000);
    clock.jump(-3_600_000);
    await clock.advance(1000);
    expect(serverClock.now(0)).toBe(5_001_000);
  });

  it('goes on while the machine is suspended', () => {
    const clock = createFakeClock();
    const serverClock = createServerClock(clock);
    serverClock.observe(5_000_000);
    clock.suspend(3_600_000);
    expect(serverClock.now(0)).toBe(8_600_000);
  });

  it('takes the latest word', () => {
    const serverClock = createServerClock(createFakeClock());
    serverClock.observe(5_000_000);
    serverClock.observe(6_000_000);
    expect(serverClock.now(0)).toBe(6_000_000);
  });
});
