/** How a sink behaves until it is set otherwise. */
export interface SinkSettings {
  /** Wait before every answer. */
  readonly answerDelayMs: number;
  /** Part requests that are taken at once; one more is refused with 429. Null: any number. */
  readonly partsAtOnce: number | null;
  /** The part request, from 1, that never gets an answer. */
  readonly heldPart: number | null;
}

export const PLAIN_SINK: SinkSettings = { answerDelayMs: 0, partsAtOnce: null, heldPart: null };

/** What a sink has seen since it was set. */
export interface SinkStats {
  /** Bytes of files, without what multipart puts around them, in parts that were answered. */
  readonly fileBytes: number;
  /** Bytes of the bodies of part requests that were not refused, also of those still on their way. */
  readonly bodyBytes: number;
  readonly partRequests: number;
  readonly partsAnswered: number;
  readonly refused: number;
  readonly completed: number;
  /** When the latest part's first byte came, on the clock of `nowMs`. */
  readonly lastPartAtMs: number | null;
  /** Of the sink's process. */
  readonly cpuSeconds: number;
}
