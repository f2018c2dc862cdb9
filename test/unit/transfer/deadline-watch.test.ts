import { describe, expect, it } from 'vitest';
import type { UploadEvent } from '../../../src/model/events.ts';
import { createDeadlineWatch } from '../../../src/transfer/deadline-watch.ts';
import { progressOf } from '../../helpers/events.ts';
import { createFakeClock } from '../../helpers/fake-clock.ts';

const MB = 1_000_000;

/** Acknowledges parts of one MB, one every `everyMs`, of a file of a hundred. */
async function forecastAfter(
  parts: number,
  { everyMs, leftMs, resumedBytes = 0 }: { everyMs: number; leftMs: number; resumedBytes?: number },
) {
  const clock = createFakeClock();
  const events: UploadEvent[] = [];
  const deadlineWatch = createDeadlineWatch({
    clock,
    timeLeftMs: () => leftMs,
    resumedParts: 0,
    onEvent: (event) => void events.push(event),
  });
  for (let part = 1; part <= parts; part += 1) {
    await clock.advance(everyMs);
    deadlineWatch({
      totalBytes: 100 * MB,
      acknowledgedBytes: resumedBytes + part * MB,
      resumedBytes,
      inFlightBytes: 0,
      parts: 100,
      acknowledgedParts: part,
      retries: 0,
      bytesPerSecond: (MB / everyMs) * 1000,
      restMs: (100 - part) * everyMs - (resumedBytes / MB) * everyMs,
    });
  }
  return events;
}

describe('the forecast', () => {
  it('tells once, with both numbers and the speed it would take', async () => {
    const events = await forecastAfter(5, { everyMs: 1000, leftMs: 48_500 });
    expect(events).toEqual([
      {
        type: 'deadline',
        neededMs: 97_000,
        timeLeftMs: 48_500,
        bytesPerSecond: MB,
        requiredBytesPerSecond: 2 * MB,
      },
    ]);
  });

  it('says nothing while all will fit', async () => {
    expect(await forecastAfter(99, { everyMs: 1000, leftMs: 97_000 })).toEqual([]);
  });

  it('waits for three parts, or for thirty seconds', async () => {
    expect(await forecastAfter(2, { everyMs: 1000, leftMs: 10 })).toEqual([]);
    expect(await forecastAfter(3, { everyMs: 1000, leftMs: 10 })).toHaveLength(1);
    expect(await forecastAfter(1, { everyMs: 30_000, leftMs: 10 })).toHaveLength(1);
  });

  it('comes by the clock when no part is acknowledged, from what can have arrived at most', () => {
    const clock = createFakeClock();
    const events: UploadEvent[] = [];
    const watch = createDeadlineWatch({
      clock,
      timeLeftMs: () => 200_000,
      resumedParts: 0,
      onEvent: (event) => void events.push(event),
    });
    const before = progressOf({ totalBytes: 100 * MB, acknowledgedBytes: 0, acknowledgedParts: 0 });
    void clock.advance(29_999);
    watch({ ...before, inFlightBytes: 4 * MB });
    void clock.advance(1);
    clock.stop(30_000);
    watch({ ...before, inFlightBytes: 3 * MB });
    expect(events).toMatchObject([{ type: 'deadline', bytesPerSecond: 100_000, neededMs: 970_000 }]);
  });

  it('does not count what an earlier run has sent into the speed', async () => {
    const [event] = await forecastAfter(3, { everyMs: 1000, leftMs: 10, resumedBytes: 90 * MB });
    expect(event).toMatchObject({ bytesPerSecond: MB, neededMs: 7000 });
  });
});
