import { describe, expect, it } from 'vitest';
import { createWindDown, GRACE_MS } from '../../../src/transfer/wind-down.ts';
import { createFakeClock } from '../../helpers/fake-clock.ts';

function setUp({ isAborted = false } = {}) {
  const clock = createFakeClock();
  const caller = new AbortController();
  if (isAborted) caller.abort('already');
  return { clock, caller, windDown: createWindDown(clock, caller.signal) };
}

describe('winding down', () => {
  it('stops at once and abandons three seconds later, for the same reason', async () => {
    const { clock, windDown } = setUp();
    windDown.begin('broken');
    expect([windDown.stop.reason, windDown.abandon.aborted]).toEqual(['broken', false]);
    await clock.advance(2999);
    expect(windDown.abandon.aborted).toBe(false);
    await clock.advance(1);
    expect(windDown.abandon.reason).toBe('broken');
    expect(GRACE_MS).toBe(3000);
  });

  it('keeps the first reason, and its time', async () => {
    const { clock, windDown } = setUp();
    windDown.begin('first');
    await clock.advance(2000);
    windDown.begin('second');
    await clock.advance(1000);
    expect([windDown.stop.reason, windDown.abandon.reason]).toEqual(['first', 'first']);
  });

  it('begins when the caller aborts, or has aborted before', () => {
    const later = setUp();
    later.caller.abort('enough');
    expect(later.windDown.stop.reason).toBe('enough');
    expect(setUp({ isAborted: true }).windDown.stop.reason).toBe('already');
  });

  it('abandons nothing, waits for nothing and hears of nothing once it is disposed of', async () => {
    const { clock, caller, windDown } = setUp();
    windDown.begin('broken');
    windDown.dispose();
    await clock.advance(10_000);
    expect([windDown.abandon.aborted, clock.sleeping()]).toEqual([false, 0]);
    const quiet = setUp();
    quiet.windDown.dispose();
    quiet.caller.abort();
    expect([caller.signal.aborted, quiet.windDown.stop.aborted]).toEqual([false, false]);
  });
});
