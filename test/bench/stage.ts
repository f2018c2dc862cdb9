import type { Sink } from './sink/start-sink.ts';

/** What every section is given. */
export interface Stage {
  /** For its files; removed at the end. */
  readonly folder: string;
  readonly sink: Sink;
  readonly rounds: number;
  /** Of the file of the throughput section. */
  readonly sizeBytes: number;
  /** Small settings, to see that everything works; the figures mean nothing then. */
  readonly isQuick: boolean;
  readonly signal: AbortSignal;
  /** Tells how far it is. */
  say(line: string): void;
}

export const MIB = 1024 ** 2;
export const GIB = 1024 ** 3;
