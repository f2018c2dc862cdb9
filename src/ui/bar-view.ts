import cliProgress from 'cli-progress';
import stringWidth from 'string-width';
import type { Progress } from '../model/events.ts';
import { escapeControl } from './escape-control.ts';
import { formatBytes } from './format.ts';
import { endLine, pace, percent, phaseLine, phaseWord, retriesWord, startLine } from './lines.ts';
import type { ProgressView, ViewOutput } from './progress-view.ts';
import { createSpeedometer, type Speed } from './speed.ts';

interface Payload {
  readonly filename: string;
  readonly phase: string;
  readonly progress?: Progress;
  readonly speed?: Speed;
}

const BAR_COLUMNS = 20;

/** For a terminal: one line that is drawn again and again, ten times a second at most. The cursor is never hidden. */
export function createBarView({ write, columns, now }: ViewOutput, stream: NodeJS.WriteStream): ProgressView {
  let bar: cliProgress.SingleBar | undefined;
  let shown = { total: 1, value: 0, payload: { filename: '', phase: '' } as Payload };
  let measure = createSpeedometer();
  const stop = () => {
    bar?.stop();
    bar = undefined;
  };
  const start = () => {
    bar = createBar(stream, columns);
    bar.start(shown.total, shown.value, shown.payload);
  };
  const update = (payload: Partial<Payload>, value = shown.value) => {
    shown = { ...shown, value, payload: { ...shown.payload, ...payload } };
    bar?.update(value, shown.payload);
  };
  const line = (text: string) => {
    // A bar goes back to where it began when it stops, so no line may come while it stands.
    const isDrawn = bar !== undefined;
    stop();
    write(`${text}\n`);
    if (isDrawn) start();
  };
  return {
    line,
    stop,
    onEvent(event) {
      if (event.type === 'started') {
        stop();
        line(startLine(event));
        measure = createSpeedometer();
        shown = {
          total: event.bytes,
          value: event.bytesResumed,
          payload: { filename: event.filename, phase: '' },
        };
        start();
      }
      if (event.type === 'progress') {
        update({ progress: event, speed: measure(event, now()) }, event.acknowledgedBytes);
      }
      if (event.type === 'phase') {
        const text = bar === undefined ? phaseLine(event) : undefined;
        if (text !== undefined) line(text);
        update({ phase: event.phase === 'sending' ? '' : phaseWord(event.phase) });
      }
      if (event.type === 'completed') {
        stop();
        line(endLine(event.result));
      }
    },
  };
}

function createBar(stream: NodeJS.WriteStream, columns: () => number): cliProgress.SingleBar {
  return new cliProgress.SingleBar({
    stream,
    fps: 10,
    clearOnComplete: true,
    hideCursor: null,
    // The line is cut to fit; switching the terminal's own wrapping off would outlive a kill.
    linewrap: true,
    // Its own signal handlers would end the process before the session is saved.
    gracefulExit: false,
    format: (_options, _params, payload: Payload) => barLine(payload, columns()),
  });
}

/** As much as fits: what matters most comes first, and the line is never so long that it would wrap. */
export function barLine({ filename, phase, progress, speed }: Payload, columns: number): string {
  if (progress === undefined || speed === undefined)
    return cut(`${escapeControl(filename)} ${phase}`, columns);
  const done = percent(progress);
  const parts = `${progress.acknowledgedParts}/${progress.parts} parts`;
  const bytes = `${formatBytes(progress.acknowledgedBytes)} of ${formatBytes(progress.totalBytes)}`;
  const words = [
    `${done} %`,
    phase || pace(speed),
    parts,
    bytes,
    progress.retries > 0 ? retriesWord(progress.retries) : '',
  ];
  const text = words.filter(Boolean).join(', ');
  const full = `${escapeControl(filename)} ${drawing(progress)} ${text}`;
  return stringWidth(full) < columns ? full : cut(`${drawing(progress)} ${text}`, columns);
}

/** `█` acknowledged, `▒` on its way. */
function drawing({ acknowledgedBytes, inFlightBytes, totalBytes }: Progress): string {
  const done = Math.floor((acknowledgedBytes / totalBytes) * BAR_COLUMNS);
  const moving =
    Math.min(BAR_COLUMNS, Math.ceil(((acknowledgedBytes + inFlightBytes) / totalBytes) * BAR_COLUMNS)) - done;
  return (
    '█'.repeat(done) + '▒'.repeat(Math.max(0, moving)) + '░'.repeat(BAR_COLUMNS - done - Math.max(0, moving))
  );
}

/** Counts what a terminal shows: some letters are two columns wide, some marks none. */
function cut(text: string, columns: number): string {
  let kept = '';
  let width = 0;
  for (const { segment } of new Intl.Segmenter().segment(text)) {
    width += stringWidth(segment);
    if (width >= columns) break;
    kept += segment;
  }
  return kept;
}
