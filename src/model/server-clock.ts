import type { Clock } from './clock.ts';

/** The server's clock, by which uploads expire. */
export interface ServerClock {
  /** Takes the `Date` of a response that has just come, in milliseconds since 1970. */
  observe(ms: number): void;
  /**
   * Takes the time at which the server says that it has just created an upload. It is of the clock
   * that the expiry is of, so from then on no `Date` counts, which a gateway may have set.
   */
  anchor(ms: number): void;
  /** Whether the server's time is known in this run. */
  isKnown(): boolean;
  /**
   * The server's time. It runs on our uptime, so that neither a suspend nor a jump of the wall
   * clock shifts it. Without an anchor it is the earliest that it may be, by the `Date` headers or
   * by our clock plus `assumedOffsetMs`, which an earlier run may have saved: each of them can be
   * wrong, and an upload that lives must not be taken for expired. The server knows about the
   * others.
   */
  now(assumedOffsetMs: number): number;
  /** The latest that it may be: a file that may be about to expire must not be counted on. */
  latest(): number;
}

export function createServerClock(clock: Clock): ServerClock {
  // All times are kept as what is to be added to the uptime.
  const wall = clock.now() - clock.uptime();
  let dates: number | undefined;
  let anchor: number | undefined;

  return {
    observe(ms) {
      // One that is ahead is odd when another was not.
      dates = Math.min(dates ?? Number.POSITIVE_INFINITY, ms - clock.uptime());
    },
    anchor(ms) {
      anchor = ms - clock.uptime();
    },
    isKnown: () => anchor !== undefined || dates !== undefined,
    latest: () => clock.uptime() + (anchor ?? Math.max(dates ?? wall, wall)),
    now(assumedOffsetMs) {
      const assumed = wall + assumedOffsetMs;
      return clock.uptime() + (anchor ?? Math.min(dates ?? assumed, assumed));
    },
  };
}
