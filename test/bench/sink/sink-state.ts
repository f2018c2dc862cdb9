import { PLAIN_SINK, type SinkSettings, type SinkStats } from './sink-settings.ts';

/** All that a sink knows. */
export interface SinkState {
  settings: SinkSettings;
  /** The bytes each upload was announced with. */
  readonly uploads: Map<string, { readonly bytes: number; readonly filename: string }>;
  /** A token for each; a set of its own after every reset, so that a late end counts where it belongs. */
  partsInFlight: Set<object>;
  counts: Omit<Mutable<SinkStats>, 'cpuSeconds'>;
  /** Forgets what was counted, not the uploads. */
  reset(settings: Partial<SinkSettings>): void;
  stats(): SinkStats;
}

type Mutable<T> = { -readonly [K in keyof T]: T[K] };

export function createSinkState(): SinkState {
  let cpuBefore = process.cpuUsage();
  return {
    settings: PLAIN_SINK,
    uploads: new Map(),
    partsInFlight: new Set(),
    counts: noCounts(),
    reset(settings) {
      this.settings = { ...PLAIN_SINK, ...settings };
      this.counts = noCounts();
      this.partsInFlight = new Set();
      cpuBefore = process.cpuUsage();
    },
    stats() {
      const { user, system } = process.cpuUsage(cpuBefore);
      return { ...this.counts, cpuSeconds: (user + system) / 1e6 };
    },
  };
}

function noCounts(): SinkState['counts'] {
  return {
    fileBytes: 0,
    bodyBytes: 0,
    partRequests: 0,
    partsAnswered: 0,
    refused: 0,
    completed: 0,
    lastPartAtMs: null,
  };
}
