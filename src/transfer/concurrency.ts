import { isUploadError } from '../model/errors.ts';

/** More may look like an attack. Where each connection is slow, that many still pay. */
export const MAX_CONCURRENCY = 64;

/** How many parts may be on their way at once. It hears what becomes of them, and may change. */
export interface Concurrency {
  readonly limit: number;
  /** Whether the number was found, so that it changes by single steps only. */
  readonly isSettled: boolean;
  /** The limit, or the one before it while another is on trial. */
  readonly best: number;
  /**
   * The server has a part of so many bytes, after so long. `others` are still on their way, and
   * `restBytes` in no part yet.
   */
  acknowledged(part: AcknowledgedPart): void;
  /** So many bytes more were handed to the network. */
  moved(bytes: number, restBytes: number): void;
  /** The server is too busy: 429 or 503. `others` attempts are still on their way. */
  refused(others: number): void;
  /** The connection of a part was cut, or the part stood still for too long. */
  failed(kind: 'cut' | 'stalled'): void;
}

export interface AcknowledgedPart {
  readonly bytes: number;
  readonly ms: number;
  readonly others: number;
  readonly restBytes: number;
}

/** The number that the caller asked for, whatever happens. */
export function fixedConcurrency(limit: number): Concurrency {
  const ignore = () => undefined;
  const deaf = { acknowledged: ignore, moved: ignore, refused: ignore, failed: ignore };
  return { limit, isSettled: true, best: limit, ...deaf };
}

/** What was best on the way to a server. */
export interface LinkSpeed {
  readonly concurrency: number;
  /** Of one connection, by acknowledged bytes. */
  readonly bytesPerSecond: number;
}

/** The first part of a connection waits for handshakes, too. */
const HANDSHAKES_MS = 1000;

/** Whether a connection is at least half as fast as it was, by its first part. */
export function isLike({ bytesPerSecond }: LinkSpeed, first: AcknowledgedPart): boolean {
  return first.ms - HANDSHAKES_MS <= (2 * first.bytes * 1000) / bytesPerSecond;
}

/**
 * So many parts of each connection have to be left for a trial of more. It ends only with the parts
 * that it has begun, so near the end it costs more than it can bring.
 */
const TRIAL_PARTS = 8;

export function isWorthTrial(connections: number, partBytes: number, restBytes: number): boolean {
  return restBytes >= connections * partBytes * TRIAL_PARTS;
}

/** Acknowledged bytes move at least this often wherever one part of the smallest size can do so. */
export const PROMISED_MS = 10_000;
/** Parts that are over sooner can wait for a trial until one is acknowledged. */
export const SHORT_PART_MS = 2000;

/**
 * After so many parts without a refusal the bound is lifted, which makes 2 % of refusals at most:
 * one more than the server took is tried.
 */
const PARTS_PER_REFUSAL = 64;
/** A refusal that comes sooner after another tells of a bound that has become lower. */
const SOON_PARTS = 32;

/** How many parts at once the server takes, as far as its refusals tell. */
export interface ServerBound {
  readonly value: number;
  /** A part was acknowledged while `others` were on their way. */
  acknowledged(others: number): void;
  /**
   * A part was refused while `others` were on their way; `limit` are allowed from now on.
   * @returns false when the refusal tells of no bound: nothing else was on its way
   */
  refused(others: number, limit: number): boolean;
}

/**
 * What a server took beside a refused part is a bound. But when it refuses all of them, or fewer
 * than it took before, that is trouble and will pass.
 */
export function createServerBound(max: number): ServerBound {
  let value = max;
  /** The most that were on their way when a part was acknowledged: the server can bear as many. */
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

      // A part that is about to be refused was on its way, too, when the last one was acknowledged.
      if (isSoon || others + 1 >= proven) {
        value = Math.min(value, Math.max(limit, others));
        proven = Math.min(proven, value);
      }
      return true;
    },
  };
}

/** Whether a part failed with its connection, and not because the server said so. */
export function isCutOff(error: unknown): boolean {
  return isUploadError(error) && (error.code === 'network' || error.code === 'stalled');
}
