import { describe, expect, it } from 'vitest';
import { watchForResponse, watchForStall } from '../../../src/transfer/stall-watch.ts';
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
