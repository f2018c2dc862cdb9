import type { UploadEvent } from '../model/events.ts';
import { escapeJson } from './escape.ts';
import { endLine, splitLine } from './outcome-lines.ts';
import {
  namedLine,
  phaseLine,
  progressLine,
  spoolingLine,
  startLine,
  startOfManyLine,
  totalsLine,
} from './progress-lines.ts';
import type { ProgressView, ViewOutput } from './progress-view.ts';
import { createSpeedometer } from './speed.ts';
import { trackUploads } from './track-uploads.ts';

/**
 * Beyond this many files no lines say where each begins and ends. Failures are still reported.
 */
const MAX_TOLD_APART = 20;
/** Progress comes with every chunk, and need not be summed up as often. */
const LOOK_MS = 200;

/**
 * For logs: a line at the start, one every `intervalMs` at most, one at the end; of several files
 * the one in between is for all.
 */
export function createPlainView({ write, now }: ViewOutput, intervalMs: number): ProgressView {
  const tracker = trackUploads();
  const put = (text: string) => write(`${text}\n`);
  const isToldApart = () => {
    const { files, isOpen } = tracker.totals();
    return !isOpen && files <= MAX_TOLD_APART;
  };
  let measureAll = createSpeedometer();
  let shownAt = now();
  let lookedAt = Number.NEGATIVE_INFINITY;

  const showProgress = () => {
    const totals = tracker.totals();
    const speed = measureAll(totals.progress, now());
    if (now() - shownAt < intervalMs) return;
    shownAt = now();
    const only = tracker.isSingle ? tracker.get(0) : undefined;
    if (!tracker.isSingle) put(totalsLine(totals, speed));
    else if (only?.progress) put(progressLine(only.name, only.progress, speed, only.phase));
  };

  return {
    line: (text, index) => put(namedLine(text, tracker, index)),
    found: (index, upload) => tracker.found(index, upload),
    failed: (index) => tracker.failed(index),
    aside: (write) => write(),
    stop: () => undefined,
    expect(uploads) {
      tracker.expect(uploads);
      shownAt = now();
      if (uploads !== undefined && !isToldApart()) put(startOfManyLine(tracker.totals()));
    },
    onEvent(event, index = 0) {
      tracker.onEvent(event, index);
      if (event.type === 'spooling' && (event.bytes === 0 || now() - shownAt >= intervalMs)) {
        shownAt = now();
        put(spoolingLine(event));
      }

      if (event.type === 'split') put(splitLine(event));

      if (event.type === 'started') {
        if (tracker.isSingle) {
          shownAt = now();
          measureAll = createSpeedometer();
        }
        if (isToldApart()) put(startLine(event));
      }

      if (event.type === 'progress' && now() - lookedAt >= Math.min(LOOK_MS, intervalMs)) {
        lookedAt = now();
        showProgress();
      }

      if (event.type === 'phase') {
        const text = phaseLine(event);
        // The line of the check names the file itself.
        if (text !== undefined) put(event.phase === 'checking' ? text : namedLine(text, tracker, index));
        showProgress();
      }

      if (event.type === 'completed' && isToldApart()) put(endLine(event.result));
    },
  };
}

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
