import type { Clock } from './clock.ts';

/** The times of an upload, as its record keeps them. */
export interface UploadTimes {
  /**
   * In Unix seconds, by the server's clock; by this machine's clock when the server did not say.
   */
  readonly createdAt: number;
  /** In the same unit and by the same clock as `createdAt`. */
  readonly expiresAt: number;
  /**
   * Milliseconds to add to this machine's clock to get the clock of `createdAt`. The lifetime then
   * counts from the response that created the upload, whatever either clock shows.
   */
  readonly clockOffsetMs: number;
  /**
   * The server gave no lifetime, or an impossible one. Only a refusal then shows that the upload is
   * over.
   */
  readonly isLifetimeUnknown?: true | undefined;
}

/** Everything that is known about how long uploads live. */
export interface ServerClock {
  /** Notes the `Date` of a response that has just arrived, in milliseconds since 1970. */
  observe(ms: number): void;
  /**
   * Works out the times of an upload that was just created from those that the server sent, in Unix
   * seconds. Calls `onUnknown` for the first upload whose lifetime is unknown.
   */
  timesOf(
    said: { readonly createdAt: number | null; readonly expiresAt: number | null },
    onUnknown: () => void,
  ): UploadTimes;
  /**
   * Milliseconds until an upload expires: at most its lifetime, negative once it has, infinite when
   * unknown. They are counted by uptime, so neither a suspend nor a jump of the wall clock shifts
   * them. An upload counts as expired only when both clocks say so, because ours may have been
   * corrected since the upload was created, and a gateway may have set the `Date`. Until a response
   * had one, our clock stands for the server's. In doubt, the server decides.
   */
  timeLeftMs(times: UploadTimes): number;
  /**
   * Whether an upload may have expired, and no response of this run had a `Date` yet that tells: one
   * from before the upload, or from a year after it, is that of a clock which is wrong.
   */
  needsDate(times: UploadTimes): boolean;
  /**
   * The latest time that the server's clock may show, in milliseconds since 1970. A file that may
   * be about to expire must not be relied on.
   */
  latest(): number;
}

/**
 * When the response that created an upload came, by the clock of this machine, in milliseconds
 * since 1970. The server may say any time.
 */
export function beganAtMs({ createdAt, clockOffsetMs }: UploadTimes): number {
  return createdAt * 1000 - clockOffsetMs;
}

const DAY_MS = 86_400_000;

export function createServerClock(clock: Clock): ServerClock {
  // `wall` and `date` are what to add to the uptime to get the time.
  const wall = clock.now() - clock.uptime();
  let date: number | undefined;
  let hasToldUnknown = false;
  const byOurs = ({ expiresAt, clockOffsetMs }: UploadTimes) =>
    expiresAt * 1000 - clockOffsetMs - (wall + clock.uptime());

  const hasTold = ({ createdAt }: UploadTimes) => {
    const ageMs = (date ?? Number.NaN) + clock.uptime() - createdAt * 1000;
    return ageMs > -DAY_MS && ageMs < 365 * DAY_MS;
  };

  return {
    observe(ms) {
      // Keeps the earliest. When responses disagree, the `Date` that is ahead is the doubtful one.
      date = Math.min(date ?? Number.POSITIVE_INFINITY, ms - clock.uptime());
    },
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
    timeLeftMs(times) {
      const { createdAt, expiresAt, isLifetimeUnknown } = times;
      if (isLifetimeUnknown) return Number.POSITIVE_INFINITY;

      const lifetimeMs = (expiresAt - createdAt) * 1000;
      const leftMs = [byOurs(times), expiresAt * 1000 - ((date ?? wall) + clock.uptime())];
      // A clock that was moved may say what cannot be.
      const possible = leftMs.find((ms) => ms > 0 && ms <= lifetimeMs);
      return possible ?? Math.min(Math.max(...leftMs), lifetimeMs);
    },
    needsDate: (times) => !hasTold(times) && !times.isLifetimeUnknown && byOurs(times) <= 0,
    latest: () => clock.uptime() + Math.max(date ?? wall, wall),
  };
}
