import type { OnEvent, Progress } from '../model/events.ts';

/** Counts one file's bytes and tells how far it is, in totals. */
export interface ProgressTracker {
  readonly current: Progress;
  /** Bytes of a part on their way; 0 takes them back. */
  inFlight(index: number, bytes: number): void;
  acknowledged(index: number, bytes: number): void;
}

export function trackProgress(start: {
  readonly totalBytes: number;
  readonly parts: number;
  readonly resumedParts: number;
  readonly resumedBytes: number;
  readonly retries: () => number;
  readonly onEvent: OnEvent;
}): ProgressTracker {
  const { totalBytes, parts, resumedBytes, onEvent } = start;
  const inFlight = new Map<number, number>();
  const done = { bytes: resumedBytes, parts: start.resumedParts };
  let inFlightBytes = 0;
  const current = (): Progress => ({
    totalBytes,
    acknowledgedBytes: done.bytes,
    resumedBytes,
    inFlightBytes,
    parts,
    acknowledgedParts: done.parts,
    retries: start.retries(),
  });
  const put = (index: number, bytes: number) => {
    inFlightBytes += bytes - (inFlight.get(index) ?? 0);
    if (bytes === 0) inFlight.delete(index);
    else inFlight.set(index, bytes);
  };
  const tell = () => onEvent({ type: 'progress', ...current() });
  return {
    get current() {
      return current();
    },
    inFlight(index, bytes) {
      put(index, bytes);
      tell();
    },
    acknowledged(index, bytes) {
      put(index, 0);
      done.bytes += bytes;
      done.parts += 1;
      tell();
    },
  };
}
