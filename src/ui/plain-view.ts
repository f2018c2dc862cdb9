import { endLine, phaseLine, progressLine, startLine } from './lines.ts';
import type { ProgressView, ViewOutput } from './progress-view.ts';
import { createSpeedometer } from './speed.ts';

/** For logs: a line at the start, one every `intervalMs` at most, one at the end. */
export function createPlainView({ write, now }: ViewOutput, intervalMs: number): ProgressView {
  const line = (text: string) => write(`${text}\n`);
  let filename = '';
  let measure = createSpeedometer();
  let shownAt = 0;
  return {
    line,
    stop: () => undefined,
    onEvent(event) {
      if (event.type === 'started') {
        filename = event.filename;
        measure = createSpeedometer();
        shownAt = now();
        line(startLine(event));
      }
      if (event.type === 'progress') {
        const speed = measure(event, now());
        if (now() - shownAt < intervalMs) return;
        shownAt = now();
        line(progressLine(filename, event, speed));
      }
      if (event.type === 'phase') {
        const text = phaseLine(event);
        if (text !== undefined) line(text);
      }
      if (event.type === 'completed') line(endLine(event.result));
    },
  };
}
