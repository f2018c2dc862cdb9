import stringWidth from 'string-width';
import type { SessionSummary } from '../model/session-summary.ts';
import { escapeControl } from './escape.ts';
import { cutMiddle, padLeft, padRight } from './fit-text.ts';
import { formatDuration, sentPercent } from './format.ts';

const HEAD = ['UPLOAD', 'FILE', 'SENT', 'STATUS', 'LEFT'];
const [FILE, SENT] = [1, 2];
const GAP = '  ';
/** A name that is cut to less than this says nothing. */
const MIN_COLUMNS = 7;

/**
 * Formats the sessions as a table with a head, for a terminal with that number of columns. Only names
 * are cut. Where that is not enough, each session takes two lines.
 */
export function sessionTable(sessions: readonly SessionSummary[], columns: number): readonly string[] {
  const cells = sessions.map(cellsOf);
  const rows = [HEAD, ...cells];
  const widths = HEAD.map((_, column) => Math.max(...rows.map((row) => stringWidth(row[column] ?? ''))));
  const excess = widths.reduce((sum, width) => sum + width, 0) + GAP.length * (HEAD.length - 1) - columns;
  const fileColumns = (widths[FILE] ?? 0) - Math.max(0, excess);
  if (excess > 0 && fileColumns < MIN_COLUMNS) return cells.flatMap((row) => twoLines(row, columns));

  return rows.map((row) => {
    const fitted = row.map((cell, column) => {
      const width = column === FILE ? fileColumns : (widths[column] ?? 0);
      return (column === SENT ? padLeft : padRight)(cutMiddle(cell, width), width);
    });
    return fitted.join(GAP).trimEnd();
  });
}

/** The id first, and alone: it is there to be copied. */
function twoLines([id = '', file = '', ...rest]: readonly string[], columns: number): readonly string[] {
  const stand = rest.filter(Boolean).join(', ');
  const room = columns - 2 * GAP.length - stringWidth(stand);
  return [id, `${GAP}${cutMiddle(file, Math.max(MIN_COLUMNS, room))}${GAP}${stand}`];
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
