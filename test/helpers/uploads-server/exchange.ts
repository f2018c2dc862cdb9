import type { IncomingMessage, ServerResponse } from 'node:http';
import type { PlannedFault } from './fault-plan.ts';
import type { OpenEntry } from './request-log.ts';

/** One request on its way through the server. */
export interface Exchange {
  readonly request: IncomingMessage;
  readonly response: ServerResponse;
  readonly query: URLSearchParams;
  /** The id in the path; empty when the route has none. */
  readonly id: string;
  readonly entry: OpenEntry;
  readonly planned: PlannedFault | undefined;
  /**
   * Aborts when the client is gone or the server closes, because nobody waits for a response then.
   */
  readonly signal: AbortSignal;
}

/** Call this when the fault takes effect, not when it is planned. */
export function noteFault({ planned, entry }: Exchange): void {
  if (!planned) return;
  planned.happened += 1;
  entry.fault = planned.fault.kind;
}
