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
 * From more files than that nobody reads where each begins and ends; what fails is told all the
 * same.
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
        // Where the check is told, its line names the file.
        if (text !== undefined) put(event.phase === 'checking' ? text : namedLine(text, tracker, index));
        showProgress();
      }

      if (event.type === 'completed' && isToldApart()) put(endLine(event.result));
    },
  };
}
