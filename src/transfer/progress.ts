import type { Clock } from '../model/clock.ts';
import type { OnEvent, Progress } from '../model/events.ts';
import { createGoodputMeter } from '../model/goodput.ts';

/** Counts one file's bytes and tells how far it is, in totals. */
export interface ProgressTracker {
  readonly current: Progress;
  /** Bytes of a part on their way; 0 takes them back. */
  inFlight(index: number, bytes: number): void;
  acknowledged(index: number, bytes: number): void;
  /** Tells how far it is, although nothing has changed but the time. To be called every second. */
  tick(): void;
}

export interface ProgressStart {
  readonly totalBytes: number;
  /** Null when it is not known yet. */
  readonly parts: number | null;
  readonly resumedParts: number;
  readonly resumedBytes: number;
  readonly retries: () => number;
  readonly clock: Pick<Clock, 'monotonic'>;
  readonly onEvent: OnEvent;
}

export function trackProgress(start: ProgressStart): ProgressTracker {
  const { totalBytes, parts, resumedBytes, clock, onEvent } = start;
  /** `arrived`: how many of the bytes handed to the network the server probably has. */
  const inFlight = new Map<number, { bytes: number; arrived: number }>();
  const done = { bytes: resumedBytes, parts: start.resumedParts };
  const goodput = createGoodputMeter(clock.monotonic(), resumedBytes);
  let inFlightBytes = 0;
  let updatedAt = clock.monotonic();

  const put = (index: number, bytes: number) => {
    update();
    const part = inFlight.get(index) ?? { bytes: 0, arrived: 0 };
    inFlightBytes += bytes - part.bytes;
    if (bytes === 0) inFlight.delete(index);
    else inFlight.set(index, { bytes, arrived: Math.min(part.arrived, bytes) });
  };

  /**
   * What was handed to the network may still be in a buffer, so it arrives only as fast as parts have
   * been acknowledged. The parts on their way share that speed.
   */
  const update = () => {
    const now = clock.monotonic();
    const ofEach = ((goodput.bytesPerSecond() ?? 0) / Math.max(1, inFlight.size) / 1000) * (now - updatedAt);
    for (const part of inFlight.values()) part.arrived = Math.min(part.bytes, part.arrived + ofEach);
    updatedAt = now;
  };

  const arrivedBytes = () => {
    let bytes = done.bytes;
    for (const { arrived } of inFlight.values()) bytes += arrived;
    return bytes;
  };

  const measure = () => {
    update();
    if (done.parts > start.resumedParts) goodput.reached(arrivedBytes(), clock.monotonic());
  };

  const current = (): Progress => {
    const bytesPerSecond = goodput.bytesPerSecond() ?? null;
    const restBytes = Math.max(0, totalBytes - arrivedBytes());
    const restMs = bytesPerSecond === null ? null : (restBytes / bytesPerSecond) * 1000;

    return {
      totalBytes,
      acknowledgedBytes: done.bytes,
      resumedBytes,
      inFlightBytes,
      parts,
      acknowledgedParts: done.parts,
      retries: start.retries(),
      bytesPerSecond,
      restMs,
    };
  };

  const emit = () => onEvent({ type: 'progress', ...current() });

  return {
    get current() {
      return current();
    },
    inFlight(index, bytes) {
      put(index, bytes);
      emit();
    },
    acknowledged(index, bytes) {
      put(index, 0);
      done.bytes += bytes;
      done.parts += 1;
      measure();
      emit();
    },
    tick() {
      measure();
      emit();
    },
  };
}
