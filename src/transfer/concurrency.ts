import { isUploadError } from '../model/errors.ts';

/** More connections may look like an attack. Where each one is slow, this many still pay off. */
export const MAX_CONCURRENCY = 64;

/** How many parts may be in flight at once. It may adapt to what happens to the parts. */
export interface Concurrency {
  readonly limit: number;
  /** Whether the search is over. From then on the limit changes only by single steps. */
  readonly isSettled: boolean;
  /** The limit, or the previous one while another is on trial. */
  readonly best: number;
  /**
   * Reports that the server has acknowledged a part. `others` are still in flight, and `restBytes`
   * are in no part yet.
   */
  acknowledged(part: AcknowledgedPart): void;
  /** Reports that this many more bytes were handed to the network. */
  moved(bytes: number, restBytes: number): void;
  /** Reports that the server is too busy (429 or 503). `others` attempts are still in flight. */
  refused(others: number): void;
  /** Reports that the connection of a part was cut, or that the part stalled. */
  failed(kind: 'cut' | 'stalled'): void;
}

export interface AcknowledgedPart {
  readonly bytes: number;
  readonly ms: number;
  readonly others: number;
  readonly restBytes: number;
}

/** Always allows the number that the caller asked for. */
export function fixedConcurrency(limit: number): Concurrency {
  const ignore = () => undefined;
  const deaf = { acknowledged: ignore, moved: ignore, refused: ignore, failed: ignore };
  return { limit, isSettled: true, best: limit, ...deaf };
}

/** What worked best on the way to a server. */
export interface LinkSpeed {
  readonly concurrency: number;
  /** Speed of one connection, measured by acknowledged bytes. */
  readonly bytesPerSecond: number;
}

/** The first part of a connection also waits for handshakes. */
const HANDSHAKES_MS = 1000;

/** Tells by its first part whether a connection is at least half as fast as it was. */
export function isLike({ bytesPerSecond }: LinkSpeed, first: AcknowledgedPart): boolean {
  return first.ms - HANDSHAKES_MS <= (2 * first.bytes * 1000) / bytesPerSecond;
}

/**
 * A trial of more connections needs this many parts left for each one. It ends only when the parts
 * that it began are done, so near the end it costs more than it can gain.
 */
const TRIAL_PARTS = 8;

export function isWorthTrial(connections: number, partBytes: number, restBytes: number): boolean {
  return restBytes >= connections * partBytes * TRIAL_PARTS;
}

/**
 * The longest time between acknowledgements, on any link that can send one part of the smallest
 * size in that time.
 */
export const PROMISED_MS = 10_000;
/** With parts shorter than this, a trial can wait until one is acknowledged. */
export const SHORT_PART_MS = 2000;

/**
 * The bound doubles after this many parts without a refusal. Only one part more than the server
 * took before is then tried, so at most 2 % of the parts are refused.
 */
const PARTS_PER_REFUSAL = 64;
/** A refusal within this many parts of the last one means that the server's bound has gone down. */
const SOON_PARTS = 32;

/** How many parts at once the server accepts, as far as its refusals show. */
export interface ServerBound {
  readonly value: number;
  /** Reports that a part was acknowledged while `others` were in flight. */
  acknowledged(others: number): void;
  /**
   * Reports that a part was refused while `others` were in flight. `limit` are allowed from now on.
   * @returns false when the refusal says nothing about a bound, because nothing else was in flight
   */
  refused(others: number, limit: number): boolean;
}

/**
 * The number of parts in flight beside a refused one is a bound. A refusal with nothing else in
 * flight, or with fewer parts than the server took before, is trouble that will pass.
 */
export function createServerBound(max: number): ServerBound {
  let value = max;
  /** The most parts in flight when one was acknowledged. The server can handle that many. */
  let proven = 0;
  let partsSinceRefusal = Number.POSITIVE_INFINITY;

  return {
    get value() {
      return value;
    },
    acknowledged(others) {
      proven = Math.max(proven, others + 1);
      partsSinceRefusal += 1;
      if (partsSinceRefusal % PARTS_PER_REFUSAL === 0) value = Math.min(max, value * 2);
    },
    refused(others, limit) {
      const isSoon = partsSinceRefusal > 0 && partsSinceRefusal < SOON_PARTS;
      partsSinceRefusal = 0;
      if (others === 0) {
        value = max;
        return false;
      }

      // A part about to be refused was also in flight when the last one was acknowledged.
      if (isSoon || others + 1 >= proven) {
        value = Math.min(value, Math.max(limit, others));
        proven = Math.min(proven, value);
      }
      return true;
    },
  };
}

/** Whether a part failed with its connection, rather than by a response of the server. */
export function isCutOff(error: unknown): boolean {
  return isUploadError(error) && (error.code === 'network' || error.code === 'stalled');
}
