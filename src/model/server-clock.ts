import type { Clock } from './clock.ts';

/** The server's clock, as known from its `Date` headers. */
export interface ServerClock {
  /** Takes the time of a response that has just come, in milliseconds since 1970. */
  observe(ms: number): void;
  /**
   * The server's time. After the first response it runs on our uptime, so that neither a suspend
   * nor a jump of the wall clock shifts it. Before, it is the wall clock plus `assumedOffsetMs`,
   * which an earlier run may have saved.
   */
  now(assumedOffsetMs: number): number;
}

export function createServerClock(clock: Clock): ServerClock {
  let reference: { readonly serverMs: number; readonly at: number } | undefined;
  return {
    observe(ms) {
      reference = { serverMs: ms, at: clock.uptime() };
    },
    now(assumedOffsetMs) {
      if (reference === undefined) return clock.now() + assumedOffsetMs;
      return reference.serverMs + (clock.uptime() - reference.at);
    },
  };
}
