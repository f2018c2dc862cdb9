import type { UploadEvent } from '../model/events.ts';
import type { ProgressView, ViewOutput } from './progress-view.ts';

/** For programs: every event as one line of JSON. Lines for people are events of their own. */
export function createJsonView({ write }: ViewOutput): ProgressView {
  const put = (value: unknown) => write(`${JSON.stringify(value)}\n`);
  return {
    line: (text) => put({ type: 'line', text }),
    stop: () => undefined,
    onEvent: (event) => put(plainData(event)),
  };
}

/** Errors have no JSON of their own. */
function plainData(event: UploadEvent): unknown {
  if (event.type !== 'retry') return event;
  const { code, message, facts } = event.error;
  return {
    ...event,
    error: { code, message, http_status: facts.httpStatus ?? null, request_id: facts.requestId ?? null },
  };
}
