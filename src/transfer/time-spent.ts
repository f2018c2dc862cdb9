import type { Bottleneck } from '../model/upload.ts';

/** Where the time of a run went, to say in the end what it would have to be faster at. */
export interface TimeSpent {
  /** Time of one part; parts on their way at once each add theirs. */
  onPart(what: Exclude<Bottleneck, 'md5'>, ms: number): void;
  /** Time in which parts were sent, and time in which only the MD5 was waited for. */
  onAll(what: 'sending' | 'md5', ms: number): void;
  /** What most of it went to; null when nothing was sent. */
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
