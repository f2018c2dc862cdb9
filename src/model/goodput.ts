/**
 * The speed is averaged over this time: long enough to be steady, short enough to show a change.
 */
const WINDOW_MS = 20_000;
/** At least this many samples are kept, however old they are, because a part may take long. */
const MIN_SAMPLES = 4;
/** Samples that are closer together than this say no more than one, so they are merged. */
const TOGETHER_MS = 50;

/** Measures how fast bytes arrive. */
export interface GoodputMeter {
  /** Notes that `bytes` have arrived in total by the time `now`. */
  reached(bytes: number, now: number): void;
  /** Undefined until bytes have arrived. */
  bytesPerSecond(): number | undefined;
}

/** All times are in milliseconds since the same arbitrary moment. */
export function createGoodputMeter(startMs: number, startBytes = 0): GoodputMeter {
  let samples: readonly { readonly at: number; readonly bytes: number }[] = [
    { at: startMs, bytes: startBytes },
  ];

  return {
    reached(bytes, now) {
      const [before, latest] = [samples.at(-2), samples.at(-1)];
      const isTogether = latest !== undefined && before !== undefined && now - before.at < TOGETHER_MS;
      samples = [...(isTogether ? samples.slice(0, -1) : samples), { at: now, bytes }];

      const old = samples.findIndex(({ at }) => now - at <= WINDOW_MS);
      samples = samples.slice(Math.max(0, Math.min(old, samples.length - MIN_SAMPLES)));
    },
    bytesPerSecond() {
      const [first, latest] = [samples[0], samples.at(-1)];
      if (first === undefined || latest === undefined || latest.bytes <= first.bytes) return undefined;
      return ((latest.bytes - first.bytes) / Math.max(1, latest.at - first.at)) * 1000;
    },
  };
}
