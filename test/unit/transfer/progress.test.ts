import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import type { UploadEvent } from '../../../src/model/events.ts';
import { createDeadlineWatch, createTimeSpent, trackProgress } from '../../../src/transfer/progress.ts';
import { progressOf } from '../../helpers/events.ts';
import { createFakeClock } from '../../helpers/fake-clock.ts';

function setUp() {
  const clock = createFakeClock();
  const events: UploadEvent[] = [];
  const tracker = trackProgress({
    totalBytes: 100,
    parts: 10,
    resumedParts: 2,
    resumedBytes: 20,
    retries: () => 3,
    clock,
    onEvent: (event) => void events.push(event),
  });
  return { clock, events, tracker };
}

describe('progress', () => {
  it('starts with what an earlier run had sent', () => {
    expect(setUp().tracker.current).toEqual({
      totalBytes: 100,
      acknowledgedBytes: 20,
      resumedBytes: 20,
      inFlightBytes: 0,
      parts: 10,
      acknowledgedParts: 2,
      retries: 3,
      bytesPerSecond: null,
      restMs: null,
    });
  });

  it('tells of each step in totals', () => {
    const { events, tracker } = setUp();
    tracker.inFlight(2, 4);
    tracker.inFlight(3, 5);
    tracker.inFlight(2, 10);
    tracker.acknowledged(2, 10);
    tracker.inFlight(3, 0);
    expect(
      events.map((event) => event.type === 'progress' && [event.acknowledgedBytes, event.inFlightBytes]),
    ).toEqual([
      [20, 4],
      [20, 9],
      [20, 15],
      [30, 5],
      [30, 0],
    ]);
    expect(tracker.current.acknowledgedParts).toBe(3);
  });

  it('counts in flight just what was last said of each part', () => {
    const reports = fc.array(fc.tuple(fc.nat(5), fc.nat(1000)));
    fc.assert(
      fc.property(reports, (all) => {
        const { tracker } = setUp();
        for (const [index, bytes] of all) tracker.inFlight(index, bytes);
        const last = new Map(all);
        expect(tracker.current.inFlightBytes).toBe([...last.values()].reduce((a, b) => a + b, 0));
      }),
    );
  });

  it('tells speed and time left from what is acknowledged, and of the rest what can have arrived', async () => {
    const { clock, tracker } = setUp();
    tracker.inFlight(2, 10);
    tracker.inFlight(3, 40);
    expect(tracker.current).toMatchObject({ bytesPerSecond: null, restMs: null });
    await clock.advance(1000);
    tracker.acknowledged(2, 10);
    expect(tracker.current).toMatchObject({ bytesPerSecond: 10, restMs: 7000 });
    await clock.advance(2000);
    tracker.tick();
    // The bytes of the other part were handed over at once, but arrive no faster than the first.
    expect(tracker.current).toMatchObject({ acknowledgedBytes: 30, bytesPerSecond: 10, restMs: 5000 });
  });
});

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

it('names nothing when nothing was sent', () => {
  expect(createTimeSpent().bottleneck()).toBeNull();
});

it.each(['network', 'server', 'disk', 'limit-rate'] as const)(
  'names what most of the parts waited for: %s',
  (what) => {
    const spent = createTimeSpent();
    for (const other of ['network', 'server', 'disk', 'limit-rate'] as const) spent.onPart(other, 10);
    spent.onPart(what, 1);
    spent.onAll('sending', 41);
    expect(spent.bottleneck()).toBe(what);
  },
);

it('names the MD5 when it was waited for longer than for the worst of the rest, shares of the time compared', () => {
  const spent = createTimeSpent();
  // Four parts at once in two seconds: the network had a half of each.
  spent.onPart('network', 4000);
  spent.onPart('server', 3000);
  spent.onPart('disk', 1000);
  spent.onAll('sending', 2000);
  spent.onAll('md5', 999);
  expect(spent.bottleneck()).toBe('network');
  spent.onAll('md5', 2);
  expect(spent.bottleneck()).toBe('md5');
});
