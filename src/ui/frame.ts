/** Lines that are drawn again and again in the same place, below all that was written before. */
export interface Frame {
  /** Lines no wider than the terminal. What stands already is not written again. */
  draw(lines: readonly string[]): void;
  /** Writes a line that stays, and draws below it. */
  above(text: string, lines: readonly string[]): void;
  /** Takes everything off, also what a change of the terminal's size has made of it. */
  erase(): void;
}

const ERASE_BELOW = '\u001b[J';
const ERASE_REST_OF_LINE = '\u001b[K';

/**
 * The cursor waits at the beginning of the first line, so that everything from it on is ours, even after a terminal that
 * became narrower has broken the lines. It is never hidden: nobody could show it again after a kill.
 */
export function createFrame(write: (text: string) => void): Frame {
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

/** In one piece, so that no kill can come between switching the terminal's own line breaks off and on. */
function placed(lines: readonly string[]): string {
  const up = lines.length > 1 ? `\u001b[${lines.length - 1}A` : '';
  return `\u001b[?7l\r${lines.join(`${ERASE_REST_OF_LINE}\r\n`)}${ERASE_BELOW}${up}\r\u001b[?7h`;
}
