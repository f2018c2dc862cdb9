import cliProgress from 'cli-progress';
import { barBlock } from './bar-block.ts';
import type { Drawing } from './drawing.ts';
import { endLine } from './end-line.ts';
import { createFrame, type Frame } from './frame.ts';
import { namedLine, startLine } from './lines.ts';
import type { ProgressView, Screen } from './progress-view.ts';
import { createSpeedometer } from './speed.ts';
import { splitLine } from './split-lines.ts';
import { trackUploads } from './track-uploads.ts';

/** For a terminal: lines that are drawn again and again, ten times a second at most. The cursor is never hidden. */
export function createBarView(screen: Screen, drawing: Drawing): ProgressView {
  const tracker = trackUploads();
  const frame = createFrame(screen.write);
  const measureAll = createSpeedometer();
  const lines = () => {
    const { columns, rows, now } = screen;
    return barBlock(tracker, { columns: columns(), rows: rows(), now: now(), drawing, measureAll });
  };
  const bar = createBar(frame, lines);
  let end: (() => void) | undefined;
  const above = (text: string) => frame.above(text, end === undefined ? [] : lines());
  const start = () => {
    const endResizing = screen.onResize(() => {
      frame.erase();
      frame.draw(lines());
    });
    // Whoever does not wait for a clean stop gets a clean line for the prompt all the same.
    process.once('exit', frame.erase);
    end = () => {
      endResizing();
      process.removeListener('exit', frame.erase);
      bar.stop();
    };
    bar.start(1, 0);
  };
  return {
    expect: (uploads) => tracker.expect(uploads),
    failed: (index) => tracker.failed(index),
    line: (text, index) => above(namedLine(text, tracker.uploads, index)),
    aside(write) {
      frame.erase();
      write();
      if (end !== undefined) frame.draw(lines());
    },
    stop() {
      end?.();
      end = undefined;
    },
    onEvent(event, index = 0) {
      tracker.onEvent(event, index);
      if (event.type === 'split') above(splitLine(event));
      if (event.type === 'started') above(startLine(event));
      if (event.type === 'completed') above(endLine(event.result));
      if (end === undefined && tracker.uploads[index]?.state === 'running') start();
    },
  };
}

/** cli-progress keeps the time; its output goes to the frame, which survives lines above and changes of the size. */
function createBar(frame: Frame, lines: () => readonly string[]): cliProgress.SingleBar {
  const nothing = () => undefined;
  const options: cliProgress.Options & { readonly terminal: object } = {
    fps: 10,
    // The frame knows what stands on the screen.
    forceRedraw: true,
    clearOnComplete: true,
    hideCursor: null,
    linewrap: true,
    // Its own signal handlers would end the process before the session is saved.
    gracefulExit: false,
    format: () => lines().join('\n'),
    terminal: {
      isTTY: () => true,
      getWidth: () => 0,
      write: (text: string) => frame.draw(text === '' ? [] : text.split('\n')),
      clearLine: frame.erase,
      clearRight: nothing,
      cursorTo: nothing,
      cursorSave: nothing,
      cursorRestore: nothing,
    },
  };
  return new cliProgress.SingleBar(options);
}
