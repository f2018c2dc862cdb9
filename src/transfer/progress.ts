import type { Clock } from '../model/clock.ts';
import type { OnEvent, Progress } from '../model/events.ts';
import { createGoodputMeter } from '../model/goodput.ts';
import type { Bottleneck } from '../model/upload.ts';

/** Counts one file's bytes and emits its progress as totals. */
export interface ProgressTracker {
  readonly current: Progress;
  /** Reports the bytes of a part in flight; 0 takes them back. */
  inFlight(index: number, bytes: number): void;
  acknowledged(index: number, bytes: number): void;
  /** Emits the progress even if only the time has changed. Call it every second. */
  tick(): void;
}

export interface ProgressStart {
  readonly totalBytes: number;
  /** Null while it is unknown. */
  readonly parts: number | null;
  readonly resumedParts: number;
  readonly resumedBytes: number;
  readonly retries: () => number;
  readonly clock: Pick<Clock, 'monotonic'>;
  readonly onEvent: OnEvent;
}

export function trackProgress(start: ProgressStart): ProgressTracker {
  const { totalBytes, parts, resumedBytes, clock, onEvent } = start;
  /** `arrived` estimates how many of the bytes handed to the network the server has. */
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
   * Bytes handed to the network may still be in a buffer, so they count as arrived only at the
   * speed at which parts have been acknowledged. The parts in flight share that speed.
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

/** A speed is trusted after this long, or after this many parts. */
const MIN_ELAPSED_MS = 30_000;
const MIN_PARTS = 3;

/**
 * Compares the bytes left to send with the time the upload has left, and emits one event when they
 * will not fit. Call it regularly with the progress. While no part is acknowledged, the bytes
 * handed to the network are the most that can have arrived.
 */
export function createDeadlineWatch(watch: {
  readonly clock: Pick<Clock, 'monotonic'>;
  readonly timeLeftMs: () => number;
  /** Parts that an earlier run has sent. */
  readonly resumedParts: number;
  readonly onEvent: OnEvent;
}): (progress: Progress) => void {
  const { clock, timeLeftMs, resumedParts, onEvent } = watch;
  const startedAt = clock.monotonic();
  let isTold = false;

  return (progress) => {
    const { acknowledgedParts, acknowledgedBytes, inFlightBytes, totalBytes } = progress;
    const elapsedMs = clock.monotonic() - startedAt;
    if (isTold || elapsedMs <= 0) return;
    if (elapsedMs < MIN_ELAPSED_MS && acknowledgedParts - resumedParts < MIN_PARTS) return;

    const bytesPerSecond = progress.bytesPerSecond ?? (inFlightBytes / elapsedMs) * 1000;
    const restBytes = totalBytes - acknowledgedBytes;
    const neededMs = progress.restMs ?? ((restBytes - inFlightBytes) / Math.max(1, bytesPerSecond)) * 1000;
    const leftMs = timeLeftMs();
    if (neededMs <= leftMs) return;

    isTold = true;
    const requiredBytesPerSecond = (restBytes / Math.max(leftMs, 1)) * 1000;
    onEvent({ type: 'deadline', neededMs, timeLeftMs: leftMs, bytesPerSecond, requiredBytesPerSecond });
  };
}

/** Where the time of a run went. Tells at the end what slowed it down. */
export interface TimeSpent {
  /** Adds the time of one part. Parts in flight at the same time each add their own. */
  onPart(what: Exclude<Bottleneck, 'md5'>, ms: number): void;
  /** Adds time spent sending parts, or time spent waiting only for the MD5. */
  onAll(what: 'sending' | 'md5', ms: number): void;
  /** Returns what took the most time, or null when nothing was sent. */
  bottleneck(): Bottleneck | null;
}

export function createTimeSpent(): TimeSpent {
  const partMs = { network: 0, server: 0, disk: 0, 'limit-rate': 0 };
  const allMs = { sending: 0, md5: 0 };

  return {
    onPart(what, ms) {
      partMs[what] += ms;
    },
    onAll(what, ms) {
      allMs[what] += ms;
    },
    bottleneck() {
      const total = Object.values(partMs).reduce((sum, ms) => sum + ms);
      if (total === 0) return null;

      const [most, ms] = (Object.entries(partMs) as [keyof typeof partMs, number][]).reduce((a, b) =>
        b[1] > a[1] ? b : a,
      );
      return allMs.md5 > allMs.sending * (ms / total) ? 'md5' : most;
    },
  };
}
