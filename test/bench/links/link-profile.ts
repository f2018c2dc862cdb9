/** A link, and what stands at its end. */
export interface LinkProfile {
  readonly name: string;
  /** Of each connection, towards the server; null: unbounded. */
  readonly connectionBytesPerSecond: number | null;
  /** Of all connections together. */
  readonly totalBytesPerSecond: number | null;
  readonly roundTripMs: number;
  /** Part requests that the server takes at once; one more is answered with 429. Null: any number. */
  readonly partsAtOnce: number | null;
  /** Each connection is cut at this age. */
  readonly cutAfterMs?: number;
}

export interface LinkTest extends LinkProfile {
  /** So that a fast run takes about ten seconds. */
  readonly fileBytes: number;
}

const open = { connectionBytesPerSecond: null, totalBytesPerSecond: null, roundTripMs: 0, partsAtOnce: null };
const MB = 1_000_000;

export const LINK_TESTS: readonly LinkTest[] = [
  { ...open, name: '4 MB/s a connection', connectionBytesPerSecond: 4 * MB, fileBytes: 480 * MB },
  { ...open, name: '20 MB/s in all', totalBytesPerSecond: 20 * MB, fileBytes: 160 * MB },
  {
    ...open,
    name: '100 ms round trip, 60 MB/s in all',
    roundTripMs: 100,
    totalBytesPerSecond: 60 * MB,
    fileBytes: 480 * MB,
  },
  {
    ...open,
    name: 'server takes 6 at once, 10 MB/s a connection',
    partsAtOnce: 6,
    connectionBytesPerSecond: 10 * MB,
    fileBytes: 480 * MB,
  },
  {
    ...open,
    name: '2 MB/s a connection, 24 MB/s in all',
    connectionBytesPerSecond: 2 * MB,
    totalBytesPerSecond: 24 * MB,
    fileBytes: 288 * MB,
  },
];
