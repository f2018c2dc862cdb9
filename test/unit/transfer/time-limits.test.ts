import { describe, expect, it } from 'vitest';
import {
  createShutdown,
  GRACE_MS,
  watchForResponse,
  watchForStall,
} from '../../../src/transfer/time-limits.ts';
import { createFakeClock } from '../../helpers/fake-clock.ts';

function watch() {
  const clock = createFakeClock();
  const caller = new AbortController();
  const options = { clock, stallMs: 30_000, action: 'sending part 3', signal: caller.signal };
  return { clock, caller, options };
}

describe('a stall watch', () => {
  it('gives up a body that stands still, and says so', async () => {
    const { clock, options } = watch();
    const { signal } = watchForStall(options);
    await clock.advance(29_999);
    expect(signal.aborted).toBe(false);
    await clock.advance(1);
    expect(signal.reason).toMatchObject({
      code: 'stalled',
      isRetryable: true,
      message: 'sending part 3 failed: nothing moved for 30 s',
    });
  });

  it('has patience for ever with a body that moves, however slowly', async () => {
    const { clock, options } = watch();
    const { signal, moved } = watchForStall(options);
    for (let turn = 0; turn < 100; turn += 1) {
      await clock.advance(29_000);
      moved();
    }
    expect(signal.aborted).toBe(false);
    await clock.advance(30_000);
    expect(signal.aborted).toBe(true);
  });

  it('does not count the time for which the process was stopped', async () => {
    const { clock, options } = watch();
    const { signal } = watchForStall(options);
    await clock.advance(1000);
    clock.stop(3_600_000);
    await clock.advance(29_999);
    expect(signal.aborted).toBe(false);
    await clock.advance(1);
    expect(signal.aborted).toBe(true);
  });

  it('waits four times as long for the answer, and as long again as the body took', async () => {
    const { clock, options } = watch();
    const { signal, sent } = watchForStall(options);
    await clock.advance(29_000);
    sent();
    await clock.advance(148_999);
    expect(signal.aborted).toBe(false);
    await clock.advance(1);
    expect(signal.reason).toMatchObject({ message: 'sending part 3 failed: no response for 149 s' });
  });

  it('is aborted with the caller, for the caller’s reason', () => {
    const { caller, options } = watch();
    const { signal } = watchForStall(options);
    caller.abort('enough');
    expect(signal.reason).toBe('enough');
  });

  it('lets an attempt go on for its grace period after the caller has stopped', async () => {
    const { clock, caller, options } = watch();
    const { signal } = watchForStall({ ...options, graceMs: 2500 });
    caller.abort('enough');
    await clock.advance(2499);
    expect(signal.aborted).toBe(false);
    await clock.advance(1);
    expect(signal.reason).toBe('enough');
  });

  it('hears of no caller, and gives no time, once it has ended', async () => {
    const { clock, caller, options } = watch();
    const [early, late] = [1, 2].map(() => watchForStall({ ...options, graceMs: 2500 }));
    early?.end();
    caller.abort('enough');
    late?.end();
    await clock.advance(1_000_000);
    expect([early?.signal.aborted, late?.signal.aborted, clock.sleeping()]).toEqual([false, false, 0]);
  });

  it('leaves nobody asleep and aborts nothing once it has ended', async () => {
    const { clock, options } = watch();
    const { signal, end } = watchForStall(options);
    await clock.advance(10);
    end();
    await clock.advance(1_000_000);
    expect([signal.aborted, clock.sleeping()]).toEqual([false, 0]);
  });
});

describe('watchForAnswer', () => {
  it('gives the answer, and leaves nobody asleep', async () => {
    const { clock, options } = watch();
    expect(await watchForResponse(options, async () => 'yes')).toBe('yes');
    await clock.advance(0);
    expect(clock.sleeping()).toBe(0);
  });

  it('gives up an answer that does not come, on the longer clock', async () => {
    const { clock, options } = watch();
    const answer = watchForResponse(options, (signal) => clock.sleep(1_000_000, signal));
    await expect(clock.runUntilSettled(answer)).rejects.toMatchObject({ code: 'stalled' });
    expect(clock.monotonic()).toBe(120_000);
  });
});

function setUp({ isAborted = false } = {}) {
  const clock = createFakeClock();
  const caller = new AbortController();
  if (isAborted) caller.abort('already');
  return { clock, caller, shutdown: createShutdown(clock, caller.signal) };
}

describe('winding down', () => {
  it('stops at once and abandons 2.5 seconds later, for the same reason', async () => {
    const { clock, shutdown } = setUp();
    shutdown.begin('broken');
    expect([shutdown.stop.reason, shutdown.aborted.aborted]).toEqual(['broken', false]);
    await clock.advance(2499);
    expect(shutdown.aborted.aborted).toBe(false);
    await clock.advance(1);
    expect(shutdown.aborted.reason).toBe('broken');
    expect(GRACE_MS).toBe(2500);
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
