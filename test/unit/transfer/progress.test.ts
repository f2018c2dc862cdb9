import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import type { UploadEvent } from '../../../src/model/events.ts';
import { trackProgress } from '../../../src/transfer/progress.ts';
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
