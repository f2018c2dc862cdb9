import { describe, expect, it } from 'vitest';
import { createShutdown, GRACE_MS } from '../../../src/transfer/shutdown.ts';
import { createFakeClock } from '../../helpers/fake-clock.ts';

function setUp({ isAborted = false } = {}) {
  const clock = createFakeClock();
  const caller = new AbortController();
  if (isAborted) caller.abort('already');
  return { clock, caller, shutdown: createShutdown(clock, caller.signal) };
}

describe('winding down', () => {
  it('stops at once and abandons three seconds later, for the same reason', async () => {
    const { clock, shutdown } = setUp();
    shutdown.begin('broken');
    expect([shutdown.stop.reason, shutdown.aborted.aborted]).toEqual(['broken', false]);
    await clock.advance(2999);
    expect(shutdown.aborted.aborted).toBe(false);
    await clock.advance(1);
    expect(shutdown.aborted.reason).toBe('broken');
    expect(GRACE_MS).toBe(3000);
  });

  it('keeps the first reason, and its time', async () => {
    const { clock, shutdown } = setUp();
    shutdown.begin('first');
    await clock.advance(2000);
    shutdown.begin('second');
    await clock.advance(1000);
    expect([shutdown.stop.reason, shutdown.aborted.reason]).toEqual(['first', 'first']);
  });

  it('begins when the caller aborts, or has aborted before', () => {
    const later = setUp();
    later.caller.abort('enough');
    expect(later.shutdown.stop.reason).toBe('enough');
    expect(setUp({ isAborted: true }).shutdown.stop.reason).toBe('already');
  });

  it('abandons nothing, waits for nothing and hears of nothing once it is disposed of', async () => {
    const { clock, caller, shutdown } = setUp();
    shutdown.begin('broken');
    shutdown.dispose();
    await clock.advance(10_000);
    expect([shutdown.aborted.aborted, clock.sleeping()]).toEqual([false, 0]);
    const quiet = setUp();
    quiet.shutdown.dispose();
    quiet.caller.abort();
    expect([caller.signal.aborted, quiet.shutdown.stop.aborted]).toEqual([false, false]);
  });
});
