/** How many parts may be on their way at once. It hears of what becomes of them, and may change its mind. */
export interface Concurrency {
  readonly limit: number;
  /** So many more bytes, of a part of `partBytes`, have been handed to the network. */
  moved(bytes: number, partBytes: number): void;
  /** The server has a part of so many bytes. `others` are still on their way. */
  acknowledged(bytes: number, others: number): void;
  /** The server is too busy: 429 or 503. `others` attempts are still on their way. */
  refused(others: number): void;
  /** A part has stood still for too long. */
  stalled(): void;
}

/** What the user asked for, whatever happens. */
export function fixedConcurrency(limit: number): Concurrency {
  const ignore = () => undefined;
  return { limit, moved: ignore, acknowledged: ignore, refused: ignore, stalled: ignore };
}
