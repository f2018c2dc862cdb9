import stringWidth from 'string-width';
import type { SessionSummary } from '../model/session-summary.ts';
import { escapeControl } from './escape.ts';
import { cutMiddle, padLeft, padRight } from './fit-text.ts';
import { formatDuration, sentPercent } from './format.ts';

const HEAD = ['UPLOAD', 'FILE', 'SENT', 'STATUS', 'LEFT'];
const [UPLOAD, FILE, SENT] = [0, 1, 2];
const GAP = '  ';
/** A name or an id that is cut to less than this says nothing. */
const MIN_COLUMNS = 8;

/**
 * Formats the sessions as a table with a head, for a terminal with that number of columns. Names
 * are cut first, ids only when necessary.
 */
export function sessionTable(sessions: readonly SessionSummary[], columns: number): readonly string[] {
  const rows = [HEAD, ...sessions.map(cellsOf)];
  const widths = fitWidths(
    HEAD.map((_, column) => Math.max(...rows.map((row) => stringWidth(row[column] ?? '')))),
    columns,
  );
  return rows.map((row) => {
    const cells = row.map((cell, column) => {
      const width = widths[column] ?? 0;
      return (column === SENT ? padLeft : padRight)(cutMiddle(cell, width), width);
    });
    return cutMiddle(cells.join(GAP).trimEnd(), columns);
  });
}

function cellsOf(session: SessionSummary): readonly string[] {
  const { uploadId, filename, status, lockedBy, timeLeftMs } = session;
  return [
    escapeControl(uploadId),
    escapeControl(filename),
    `${sentPercent(session)} %`,
    status === 'pending' && lockedBy !== null ? 'sending' : status,
    timeLeftMs === null ? '' : coarseDuration(timeLeftMs),
  ];
}

/** Leaves out the seconds from a minute on, because nobody plans by them. */
function coarseDuration(ms: number): string {
  return formatDuration(ms < 60_000 ? ms : ms - (ms % 60_000));
}

function fitWidths(widths: readonly number[], columns: number): readonly number[] {
  const fitted = [...widths];
  let excess = widths.reduce((sum, width) => sum + width, 0) + GAP.length * (widths.length - 1) - columns;
  for (const column of [FILE, UPLOAD]) {
    const width = fitted[column] ?? 0;
    const less = Math.max(0, Math.min(excess, width - MIN_COLUMNS));
    fitted[column] = width - less;
    excess -= less;
  }
  return fitted;
}
