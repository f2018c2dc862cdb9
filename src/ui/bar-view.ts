import cliProgress from 'cli-progress';
import { barBlock } from './bar-lines.ts';
import type { Drawing } from './drawing.ts';
import { wrapText } from './fit-text.ts';
import { endLine, splitLine } from './outcome-lines.ts';
import { namedLine, startLine } from './progress-lines.ts';
import type { ProgressView, Screen } from './progress-view.ts';
import { createTotalSpeedometer } from './speed.ts';
import { trackUploads } from './track-uploads.ts';

/**
 * A view for terminals: lines that are redrawn ten times a second at most. The cursor is never
 * hidden.
 */
export function createBarView(screen: Screen, drawing: Drawing): ProgressView {
  const tracker = trackUploads();
  const { expect, found, foundAll, ended } = tracker;
  const frame = createFrame(screen.write);
  const measureAll = createTotalSpeedometer();
  const lines = () => {
    const { columns, rows, now } = screen;
    return barBlock(tracker, { columns: columns(), rows: rows(), now: now(), drawing, measureAll });
  };
  const bar = createBar(frame, lines);
  let end: (() => void) | undefined;
  const above = (text: string) =>
    frame.above(wrapText(text, screen.columns()), end === undefined ? [] : lines());

  const start = () => {
    const endResizing = screen.onResize(() => {
      frame.erase();
      frame.draw(lines());
    });
    // Even a run that ends at once leaves a clean line for the prompt.
    process.once('exit', frame.erase);
    end = () => {
      endResizing();
      process.removeListener('exit', frame.erase);
      bar.stop();
    };
    bar.start(1, 0);
  };

  return {
    expect,
    found,
    foundAll,
    ended,
    line: (text, index) => above(namedLine(text, tracker, index)),
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
      // Thousands of these lines would push the failures off the screen.
      if (event.type === 'started' && tracker.isSingle) above(startLine(event));
      if (event.type === 'completed' && tracker.isSingle) above(endLine(event.result));
      if (end === undefined && tracker.get(index) !== undefined) start();
    },
  };
}

/**
 * cli-progress keeps the time. Its output goes to the frame, which survives lines above it and
 * changes of the terminal's size.
 */
function createBar(frame: Frame, lines: () => readonly string[]): cliProgress.SingleBar {
  const nothing = () => undefined;

  const options: cliProgress.Options & { readonly terminal: object } = {
    fps: 10,
    // The frame knows what is on the screen.
    forceRedraw: true,
    clearOnComplete: true,
    hideCursor: null,
    linewrap: true,
    // cli-progress's own signal handlers would end the process before the session is saved.
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

/** Lines that are redrawn in the same place, below everything written before. */
interface Frame {
  /** Draws lines no wider than the terminal. Lines that are already there are not written again. */
  draw(lines: readonly string[]): void;
  /** Writes a line that stays, and draws below it. */
  above(text: string, lines: readonly string[]): void;
  /** Removes everything, even after a change of the terminal's size has rearranged it. */
  erase(): void;
}

const ERASE_BELOW = '\u001b[J';
const ERASE_REST_OF_LINE = '\u001b[K';

/**
 * The cursor waits at the beginning of the first line. Everything from there on is ours, even after
 * a terminal that became narrower has broken the lines. The cursor is never hidden, because nothing
 * could show it again after a kill.
 */
function createFrame(write: (text: string) => void): Frame {
  let drawn: readonly string[] = [];

  return {
    draw(lines) {
      if (lines.join('\n') === drawn.join('\n')) return;
      write(lines.length === 0 ? `\r${ERASE_BELOW}` : placed(lines));
      drawn = lines;
    },
    above(text, lines) {
      const before = drawn.length === 0 ? '' : `\r${ERASE_BELOW}`;
      write(`${before}${text}\n${lines.length === 0 ? '' : placed(lines)}`);
      drawn = lines;
    },
    erase() {
      if (drawn.length > 0) write(`\r${ERASE_BELOW}`);
      drawn = [];
    },
  };
}

/**
 * Builds one string, because a kill between two writes could leave the terminal's own line breaks
 * switched off.
 */
function placed(lines: readonly string[]): string {
  const up = lines.length > 1 ? `\u001b[${lines.length - 1}A` : '';
  return `\u001b[?7l\r${lines.join(`${ERASE_REST_OF_LINE}\r\n`)}${ERASE_BELOW}${up}\r\u001b[?7h`;
}
