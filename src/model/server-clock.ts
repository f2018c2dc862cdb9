import type { Clock } from './clock.ts';

/** The times of an upload, as they are saved. */
export interface UploadTimes {
  /** As the server said, in Unix seconds of its clock; by our clock when it did not say. */
  readonly createdAt: number;
  /** As `createdAt`. */
  readonly expiresAt: number;
  /**
   * What to add to this machine's clock to get the one that `createdAt` is of, in milliseconds. So
   * the lifetime is counted from the response that created the upload, whatever that clock says.
   */
  readonly clockOffsetMs: number;
  /**
   * The server has not said how long the upload lives, or nothing that can be. Then only its
   * refusals end it.
   */
  readonly isLifetimeUnknown?: true | undefined;
}

/** All that is known about how long uploads live. */
export interface ServerClock {
  /** Takes the `Date` of a response that has just come, in milliseconds since 1970. */
  observe(ms: number): void;
  /** Whether a response of this run had a `Date`. */
  isKnown(): boolean;
  /**
   * The times of an upload that has just been created, from what the server says of them, in Unix
   * seconds. `onUnknown` is called for the first one whose lifetime is unknown.
   */
  timesOf(
    said: { readonly createdAt: number | null; readonly expiresAt: number | null },
    onUnknown: () => void,
  ): UploadTimes;
  /**
   * Milliseconds until an upload expires; negative once it has, infinite when that is unknown. It
   * runs on our uptime, so neither a suspend nor a jump of the wall clock shifts it. Our clock may
   * have been put right since the upload was created, and a gateway may have set the `Date`, so an
   * upload has expired only when both say so. The server knows about the others.
   */
  timeLeftMs(times: UploadTimes): number;
  /**
   * The latest time that it may be for the server, in milliseconds since 1970: a file that may be
   * about to expire must not be counted on.
   */
  latest(): number;
}

export function createServerClock(clock: Clock): ServerClock {
  // Times are kept as what is to be added to the uptime.
  const wall = clock.now() - clock.uptime();
  let date: number | undefined;
  let hasToldUnknown = false;

  return {
    observe(ms) {
      // One that is ahead is odd when another was not.
      date = Math.min(date ?? Number.POSITIVE_INFINITY, ms - clock.uptime());
    },
    isKnown: () => date !== undefined,
    timesOf({ createdAt: saidCreatedAt, expiresAt }, onUnknown) {
      const uptime = clock.uptime();
      const createdAt = saidCreatedAt ?? Math.floor((uptime + Math.min(date ?? wall, wall)) / 1000);
      const clockOffsetMs = Math.round(createdAt * 1000 - (wall + uptime));
      if (saidCreatedAt !== null && expiresAt !== null && expiresAt > createdAt)
        return { createdAt, expiresAt, clockOffsetMs };

      if (!hasToldUnknown) onUnknown();
      hasToldUnknown = true;
      return { createdAt, expiresAt: expiresAt ?? createdAt, clockOffsetMs, isLifetimeUnknown: true };
    },
    timeLeftMs({ expiresAt, clockOffsetMs, isLifetimeUnknown }) {
      if (isLifetimeUnknown) return Number.POSITIVE_INFINITY;
      const untilMs = expiresAt * 1000 - clock.uptime();
      const byOurs = untilMs - wall - clockOffsetMs;
      return byOurs > 0 || date === undefined ? byOurs : Math.max(byOurs, untilMs - date);
    },
    latest: () => clock.uptime() + Math.max(date ?? wall, wall),
  };
}
