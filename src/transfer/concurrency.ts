/** How many parts may be on their way at once. It hears what becomes of them, and may change. */
export interface Concurrency {
  readonly limit: number;
  /** Whether the number was found, so that it changes by single steps only. */
  readonly isSettled: boolean;
  /** The limit, or the one before it while another is on trial. */
  readonly best: number;
  /** The server has a part of so many bytes, after so long. `others` are still on their way. */
  acknowledged(part: { readonly bytes: number; readonly ms: number; readonly others: number }): void;
  /** The server is too busy: 429 or 503. `others` attempts are still on their way. */
  refused(others: number): void;
  /** The connection of a part was cut, or the part stood still for too long. */
  failed(kind: 'cut' | 'stalled'): void;
}

/** The number that the caller asked for, whatever happens. */
export function fixedConcurrency(limit: number): Concurrency {
  const ignore = () => undefined;
  return { limit, isSettled: true, best: limit, acknowledged: ignore, refused: ignore, failed: ignore };
}

/** What was best on the way to a server. */
export interface LinkSpeed {
  readonly concurrency: number;
  /** Of one connection, by acknowledged bytes. */
  readonly bytesPerSecond: number;
}

/** Whether a connection is at least half as fast as it was. */
export function isLike({ bytesPerSecond }: LinkSpeed, bytesPerMs: number): boolean {
  return bytesPerMs * 1000 >= bytesPerSecond / 2;
}
