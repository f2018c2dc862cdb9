import { describe, expect, it } from 'vitest';
import { createServerClock } from '../../../src/model/server-clock.ts';
import { createFakeClock } from '../../helpers/fake-clock.ts';

const HOUR_MS = 3_600_000;
const YEAR_2400 = Date.UTC(2400, 0, 1);

/** What a server says of an upload that lives for an hour, by a clock that is of the year 1970. */
const AN_HOUR = { createdAt: 5000, expiresAt: 8600 };

function setUp(nowMs = 10 * HOUR_MS) {
  const clock = createFakeClock(nowMs);
  const serverClock = createServerClock(clock);
  let warnings = 0;
  const timesOf = (said: { createdAt: number | null; expiresAt: number | null }) =>
    serverClock.timesOf(said, () => {
      warnings += 1;
    });
  return { clock, serverClock, timesOf, warnings: () => warnings };
}

describe('the lifetime of an upload', () => {
  it('is counted from the response that created it, whatever the clock of the server says', async () => {
    const { clock, serverClock, timesOf } = setUp();
    const times = timesOf(AN_HOUR);
    expect(serverClock.timeLeftMs(times)).toBe(HOUR_MS);

    serverClock.observe(YEAR_2400);
    serverClock.observe(0);
    await clock.advance(2500);
    clock.jump(24 * HOUR_MS);
    expect(serverClock.timeLeftMs(times)).toBe(HOUR_MS - 2500);
  });

  it('goes on while the machine is suspended', () => {
    const { clock, serverClock, timesOf } = setUp();
    const times = timesOf(AN_HOUR);
    clock.suspend(HOUR_MS + 1);
    expect(serverClock.timeLeftMs(times)).toBe(-1);
  });

  it('is of each upload, when two machines behind one address have other clocks', () => {
    const { serverClock, timesOf } = setUp();
    const first = timesOf(AN_HOUR);
    timesOf({ createdAt: 50_000, expiresAt: 53_600 });
    expect(serverClock.timeLeftMs(first)).toBe(HOUR_MS);
  });

  it.each([
    ['has no times', { createdAt: null, expiresAt: null }],
    ['has no creation', { createdAt: null, expiresAt: 1e10 }],
    ['has no end', { createdAt: 5000, expiresAt: null }],
    ['ends before it begins', { createdAt: 1_719_184_911, expiresAt: 1_719_127_296 }],
    ['ends as it begins', { createdAt: 5000, expiresAt: 5000 }],
  ])('is unknown when it %s, which is told once', async (_, said) => {
    const { clock, serverClock, timesOf, warnings } = setUp();
    const times = [timesOf(said), timesOf(said)];
    await clock.advance(1000 * HOUR_MS);
    serverClock.observe(YEAR_2400);
    expect(times.map(serverClock.timeLeftMs)).toEqual([Number.POSITIVE_INFINITY, Number.POSITIVE_INFINITY]);
    expect(warnings()).toBe(1);
  });

  it('begins by our clock, or by an earlier Date, when the server does not say', () => {
    const { clock, serverClock, timesOf } = setUp();
    const said = { createdAt: null, expiresAt: null };
    expect(timesOf(said)).toMatchObject({ createdAt: clock.now() / 1000, clockOffsetMs: 0 });
    serverClock.observe(YEAR_2400);
    expect(timesOf(said)).toMatchObject({ createdAt: clock.now() / 1000, clockOffsetMs: 0 });
    serverClock.observe(HOUR_MS);
    expect(timesOf(said)).toMatchObject({ createdAt: 3600, clockOffsetMs: -9 * HOUR_MS });
  });
});

describe('an upload of an earlier run', () => {
  /** Created an hour ago by our clock, to live for two. */
  const saved = { createdAt: 9 * 3600, expiresAt: 11 * 3600, clockOffsetMs: 0 };

  it('has the time left that our clock says', () => {
    const { serverClock } = setUp();
    expect(serverClock.needsDate(saved)).toBe(false);
    expect(serverClock.timeLeftMs(saved)).toBe(HOUR_MS);
    expect(serverClock.timeLeftMs({ ...saved, clockOffsetMs: -HOUR_MS / 2 })).toBe(1.5 * HOUR_MS);
  });

  it('has not expired for a Date alone, which a gateway may have set', () => {
    const { clock, serverClock } = setUp();
    serverClock.observe(clock.now() + 2 * HOUR_MS);
    expect(serverClock.timeLeftMs(saved)).toBe(HOUR_MS);
  });

  it.each([
    ['ahead', -26 * HOUR_MS, false],
    ['behind', 26 * HOUR_MS, true],
  ])('has the time left that our clock says once it is right, which was %s', (_, clockOffsetMs, isDue) => {
    const { serverClock } = setUp();
    expect(serverClock.timeLeftMs({ ...saved, clockOffsetMs })).toBe(HOUR_MS);
    expect(serverClock.needsDate({ ...saved, clockOffsetMs })).toBe(isDue);
  });

  it('never has more time left than its lifetime', () => {
    const { clock, serverClock } = setUp();
    const times = { ...saved, clockOffsetMs: -26 * HOUR_MS };
    serverClock.observe(clock.now() + 2 * HOUR_MS);
    expect(serverClock.timeLeftMs(times)).toBe(2 * HOUR_MS);
  });

  it.each([
    ['put right', 3 * HOUR_MS, 0],
    ['put wrong', 0, -3 * HOUR_MS],
  ])('has not expired when our clock was %s since, and the Date says otherwise', (_, offsetMs, dateMs) => {
    const { clock, serverClock } = setUp(offsetMs === 0 ? 13 * HOUR_MS : 10 * HOUR_MS);
    const times = { ...saved, clockOffsetMs: offsetMs };
    expect(serverClock.needsDate(times)).toBe(true);
    serverClock.observe(clock.now() + dateMs);
    expect(serverClock.needsDate(times)).toBe(false);
    expect(serverClock.timeLeftMs(times)).toBe(HOUR_MS);
  });

  it.each([-48 * HOUR_MS, YEAR_2400])(
    'needs another Date where the first one, %d, is that of a wrong clock',
    (date) => {
      const { clock, serverClock } = setUp(13 * HOUR_MS);
      serverClock.observe(date);
      expect(serverClock.needsDate(saved)).toBe(true);

      if (date > 0) serverClock.observe(clock.now() - 2.5 * HOUR_MS);
      expect(serverClock.needsDate(saved)).toBe(date < 0);
    },
  );

  it('has expired when both say so', () => {
    const { clock, serverClock } = setUp(13 * HOUR_MS);
    serverClock.observe(clock.now() + HOUR_MS);
    expect(serverClock.timeLeftMs(saved)).toBe(-2 * HOUR_MS);
  });
});

it('may at the latest be what the Date says, or our clock', () => {
  const { clock, serverClock } = setUp();
  expect(serverClock.latest()).toBe(clock.now());
  serverClock.observe(clock.now() + HOUR_MS);
  expect(serverClock.latest()).toBe(clock.now() + HOUR_MS);
  serverClock.observe(clock.now() - HOUR_MS);
  expect(serverClock.latest()).toBe(clock.now());
});
