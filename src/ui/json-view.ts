import type { UploadEvent } from '../model/events.ts';
import { escapeJson } from './escape.ts';
import type { ProgressView, ViewOutput } from './progress-view.ts';

const MIN_INTERVAL_MS = 100;

/** For programs: every event as one line of JSON. Lines for people are events of their own. */
export function createJsonView({ write, now }: ViewOutput): ProgressView {
  const put = (value: unknown) => write(`${escapeJson(snakeCased(value))}\n`);
  const toldAt = new Map<number, number>();
  return {
    expect: () => undefined,
    found: () => undefined,
    failed: (index) => put({ index, type: 'failed' }),
    line: (text) => put({ type: 'line', text }),
    aside: (write) => write(),
    stop: () => undefined,
    onEvent(event, index = 0) {
      // Both come with every chunk; totals may be skipped.
      if (event.type === 'progress' || (event.type === 'spooling' && event.bytes > 0)) {
        if (now() - (toldAt.get(index) ?? Number.NEGATIVE_INFINITY) < MIN_INTERVAL_MS) return;
        toldAt.set(index, now());
      }
      put({ index, ...plainData(event) });
    },
  };
}
/**
 * Names as `--json` writes them: `uploadId` becomes `upload_id`. What the server sent keeps its
 * own.
 */
function snakeCased(value: unknown): unknown {
  if (Array.isArray(value)) return value.map(snakeCased);
  if (typeof value !== 'object' || value === null) return value;
  const fields = Object.entries(value).map(([name, field]) => [
    name.replace(/[A-Z]/g, (letter) => `_${letter.toLowerCase()}`),
    name === 'file' ? field : snakeCased(field),
  ]);
  return Object.fromEntries(fields);
}

/** Errors have no JSON of their own. */
function plainData(event: UploadEvent): object {
  if (event.type !== 'retry' && event.type !== 'unrecorded') return event;
  const { code, message, facts } = event.error;
  return {
    ...event,
    error: { code, message, http_status: facts.httpStatus ?? null, request_id: facts.requestId ?? null },
  };
}
