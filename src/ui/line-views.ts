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
import { createSpeedometer, createTotalSpeedometer } from './speed.ts';
import { trackUploads } from './track-uploads.ts';

const LOOK_MS = 200;

/**
 * A view for logs: a line at the start, one every `intervalMs` at most, and one at the end. Many
 * files get only the lines for all of them together.
 */
export function createPlainView({ write, now }: ViewOutput, intervalMs: number): ProgressView {
  const tracker = trackUploads();
  const put = (text: string) => write(`${text}\n`);
  const measureAll = createTotalSpeedometer();
  let measure = createSpeedometer();
  let shownAt = now();
  let lookedAt = Number.NEGATIVE_INFINITY;

  const showProgress = () => {
    const only = tracker.isSingle ? tracker.get(0) : undefined;
    const totals = tracker.totals();
    const speed = tracker.isSingle ? measure(totals.progress, now()) : measureAll(totals, now());
    if (now() - shownAt < intervalMs) return;
    shownAt = now();
    if (!tracker.isSingle) put(totalsLine(totals, speed));
    else if (only?.progress) put(progressLine(only.name, only.progress, speed, only.phase));
  };
  /**
   * Limits how often progress is shown: it comes with every chunk, and small files cause many
   * events.
   */
  const showNowAndThen = () => {
    if (now() - lookedAt < Math.min(LOOK_MS, intervalMs)) return;
    lookedAt = now();
    showProgress();
  };

  return {
    line: (text, index) => put(namedLine(text, tracker, index)),
    found: tracker.found,
    foundAll: tracker.foundAll,
    ended(index, how) {
      tracker.ended(index, how);
      if (!tracker.isSingle) showNowAndThen();
    },
    aside: (write) => write(),
    stop: () => undefined,
    expect(uploads) {
      tracker.expect(uploads);
      shownAt = now();
      const { files, totalBytes } = tracker.totals();
      if (files > 1 && totalBytes !== undefined) put(startOfManyLine(files, totalBytes));
    },
    onEvent(event, index = 0) {
      tracker.onEvent(event, index);
      if (event.type === 'spooling' && (event.bytes === 0 || now() - shownAt >= intervalMs)) {
        shownAt = now();
        put(spoolingLine(event));
      }

      if (event.type === 'split') put(splitLine(event));

      if (!tracker.isSingle) return showNowAndThen();

      if (event.type === 'started') {
        shownAt = now();
        measure = createSpeedometer();
        put(startLine(event));
      }

      if (event.type === 'progress') showNowAndThen();

      if (event.type === 'phase') {
        const text = phaseLine(event);
        if (text !== undefined) put(text);
        showProgress();
      }

      if (event.type === 'completed') put(endLine(event.result));
    },
  };
}

const MIN_INTERVAL_MS = 100;

/** A view for programs: each event is one line of JSON. Lines for people become events too. */
export function createJsonView({ write, now }: ViewOutput): ProgressView {
  const put = (value: unknown) => write(`${escapeJson(snakeCased(value))}\n`);
  const toldAt = new Map<number, number>();

  return {
    expect: () => undefined,
    found: () => undefined,
    foundAll: () => undefined,
    ended(index, how) {
      if (how === 'failed') put({ index, type: 'failed' });
    },
    line: (text) => put({ type: 'line', text }),
    aside: (write) => write(),
    stop: () => undefined,
    onEvent(event, index = 0) {
      // Both come with every chunk. Some can be skipped, because they carry totals.
      if (event.type === 'progress' || (event.type === 'spooling' && event.bytes > 0)) {
        if (now() - (toldAt.get(index) ?? Number.NEGATIVE_INFINITY) < MIN_INTERVAL_MS) return;
        toldAt.set(index, now());
      }
      put({ index, ...plainData(event) });
    },
  };
}
/**
 * Changes names to those of `--json`: `uploadId` becomes `upload_id`. What the server sent keeps
 * its names.
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

/** Replaces errors, which have no JSON of their own. */
function plainData(event: UploadEvent): object {
  if (event.type !== 'retry' && event.type !== 'unrecorded') return event;
  const { code, message, facts } = event.error;
  return {
    ...event,
    error: { code, message, http_status: facts.httpStatus ?? null, request_id: facts.requestId ?? null },
  };
}
