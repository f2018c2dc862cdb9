/** Time as the core sees it: handed in, so that tests can own it. */
export interface Clock {
  /** The wall clock, in milliseconds since 1970. May jump. */
  now(): number;
  /** Milliseconds that never jump; they stand still while the machine is suspended. Only differences mean anything. */
  monotonic(): number;
  /** As `monotonic`, but they go on while the machine is suspended. Costs a system call or two. */
  uptime(): number;
  /** Resolves after `ms`; rejects with the signal's reason as soon as it is aborted. */
  sleep(ms: number, signal?: AbortSignal): Promise<void>;
}
