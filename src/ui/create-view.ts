import { systemClock } from '../model/clock.ts';
import { drawingFor } from './drawing.ts';
import { createJsonView, createPlainView } from './line-views.ts';
import type { Output } from './output.ts';
import { asItIs, paint } from './paint.ts';
import { namedLine } from './progress-lines.ts';
import type { ProgressMode, ProgressView, ViewOutput } from './progress-view.ts';
import { trackUploads } from './track-uploads.ts';

interface ViewOptions {
  readonly stream: Output;
  readonly intervalMs: number;
  readonly canMoveCursor: boolean;
  readonly isCi: boolean;
  readonly hasUnicode: boolean;
  readonly color: boolean;
}

/** `auto` draws a bar on a terminal that somebody watches, and writes lines anywhere else. */
export async function createView(mode: ProgressMode, options: ViewOptions): Promise<ProgressView> {
  const { stream, intervalMs, canMoveCursor, isCi } = options;
  const output: ViewOutput = { write: (text) => void stream.write(text), now: systemClock.monotonic };
  if (mode === 'json') return createJsonView(output);
  const wrap = await wrapperFor(stream);
  const lines = { ...output, write: (text: string) => output.write(wrap(text)) };
  if (mode === 'none') return createLinesOnlyView(lines);

  const isBarWanted = mode === 'bar' || (mode === 'auto' && !isCi);

  if (isBarWanted && stream.isTTY && canMoveCursor) {
    const screen = { ...output, ...sizeOf(stream) };
    const [{ createBarView }, colors] = await Promise.all([import('./bar-view.ts'), paint(options.color)]);
    return createBarView(screen, drawingFor(options, colors));
  }

  return createPlainView(lines, intervalMs);
}

/** What breaks the lines for a stream: as they are, unless it is a terminal. */
export async function wrapperFor(stream: Output): Promise<(text: string) => string> {
  if (!stream.isTTY) return asItIs;
  const { wrapText } = await import('./fit-text.ts');
  return (text) => wrapText(text, stream.columns || 80);
}

function sizeOf(stream: NodeJS.WriteStream) {
  return {
    columns: () => stream.columns || 80,
    rows: () => stream.rows || 24,
    onResize: (listener: () => void) => {
      stream.on('resize', listener);
      return () => void stream.removeListener('resize', listener);
    },
  };
}

/** A view without progress. It writes only the lines that it is given. */
function createLinesOnlyView({ write }: ViewOutput): ProgressView {
  const tracker = trackUploads();
  const { expect, found, foundAll, onEvent, ended } = tracker;
  return {
    expect,
    found,
    foundAll,
    onEvent,
    ended,
    line: (text, index) => write(`${namedLine(text, tracker, index)}\n`),
    aside: (writeElsewhere) => writeElsewhere(),
    stop: () => undefined,
  };
}
