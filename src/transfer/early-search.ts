import type { Clock } from '../model/clock.ts';
import { DEFAULT_MIN_PART_BYTES } from '../plan/ranges.ts';
import { isWorthTrial, PROMISED_MS, SHORT_PART_MS } from './concurrency.ts';

/** The system's buffers take the first bytes of a connection at once. */
const BURST_MS = 500;
/** A speed is trusted once bytes have moved for this long, and this often on each connection. */
const [MIN_MOVED_MS, MIN_MOVES] = [1000, 2];
/** The number doubles up to this, then grows by single steps. */
const EARLY_DOUBLING = 4;

/**
 * Opens more connections before the first part is acknowledged, where that takes long. It goes on
 * while bytes leave faster with each step. Nothing can be learned where buffers take a whole part
 * at once.
 */
export interface EarlySearch {
  /**
   * Reports that this many more bytes were handed to the network.
   * @returns how many connections to use; the same number or fewer ends the search, undefined means
   * that nothing is known yet
   */
  moved(
    bytes: number,
    state: { readonly connections: number; readonly restBytes: number },
  ): number | undefined;
}

export function createEarlySearch(clock: Pick<Clock, 'monotonic'>): EarlySearch {
  let startedAt: number | undefined;
  let openedAt: number | undefined;
  let measured: { readonly since: number; readonly bytes: number; readonly moves: number } | undefined;
  let before = { connections: 1, bytesPerMs: 0 };

  const judge = (bytesPerMs: number, { connections, restBytes }: Parameters<EarlySearch['moved']>[1]) => {
    const least = (1 + connections / before.connections) / 2;
    if (bytesPerMs < least * before.bytesPerMs) return before.connections;

    const partMs = (DEFAULT_MIN_PART_BYTES * connections) / bytesPerMs;
    const elapsedMs = clock.monotonic() - (startedAt ?? 0);
    // Another connection may double the time left for the first part.
    const keepsPromise = partMs > PROMISED_MS || 2 * partMs - elapsedMs < PROMISED_MS;
    const isWorth = isWorthTrial(connections, DEFAULT_MIN_PART_BYTES, restBytes);
    if (partMs < SHORT_PART_MS || !keepsPromise || !isWorth) return connections;

    before = { connections, bytesPerMs };
    [openedAt, measured] = [undefined, undefined];
    return connections < EARLY_DOUBLING ? connections * 2 : connections + 1;
  };

  return {
    moved(bytes, state) {
      const now = clock.monotonic();
      startedAt ??= now;
      openedAt ??= now;
      if (measured === undefined) {
        if (now - openedAt >= BURST_MS) measured = { since: now, bytes: 0, moves: 0 };
        return undefined;
      }

      measured = { ...measured, bytes: measured.bytes + bytes, moves: measured.moves + 1 };
      const ms = now - measured.since;
      if (ms < MIN_MOVED_MS || measured.moves < MIN_MOVES * state.connections) return undefined;
      return judge(measured.bytes / ms, state);
    },
  };
}
