import stringWidth from 'string-width';
import { type Drawing, drawBar } from './drawing.ts';
import { escapeControl } from './escape.ts';
import { cutMiddle, fitWords, padRight } from './fit-text.ts';
import { formatBytes, percent } from './format.ts';
import {
  formatFileCounts,
  formatPace,
  formatParts,
  formatProgressBytes,
  formatRetryCounts,
  formatTotalBytes,
} from './progress-lines.ts';
import type { createTotalSpeedometer, Speed } from './speed.ts';
import type { Totals, TrackedUpload, UploadsTracker } from './track-uploads.ts';

const NOT_MEASURED = { bytesPerSecond: 0, restMs: undefined };
const MAX_NAME_COLUMNS = 30;

/** With many uploads, at most this many get a line of their own. */
const MAX_ROWS = 3;

/**
 * Returns the lines to draw. A single upload gets one line. Of many, a few running ones get a line
 * each, and two lines sum up all of them. Empty when nothing is running.
 */
export function barBlock(
  { isSingle, running: runningOf, totals }: Pick<UploadsTracker, 'isSingle' | 'running' | 'totals'>,
  {
    rows,
    now,
    measureAll,
    ...space
  }: LineSpace & { rows: number; now: number; measureAll: ReturnType<typeof createTotalSpeedometer> },
): readonly string[] {
  const running = runningOf();
  const speedOf = ({ progress, measure }: TrackedUpload) =>
    progress === undefined ? NOT_MEASURED : measure(progress, now);
  if (isSingle) return running.map((upload) => barLine(upload, speedOf(upload), space));

  const all = totals();
  const ended = all.completed + all.failed;
  if ((ended === all.files && !all.isOpen) || running.length + ended === 0) return [];
  // One line above stays free for earlier output, or all of it would seem to be gone.
  const shown = running.slice(0, Math.max(0, Math.min(MAX_ROWS, rows - 3)));
  const names = [ALL, ...shown.map(({ name }) => escapeControl(name))];
  const widest = Math.max(...names.map((name) => stringWidth(name)));
  const nameColumns = Math.min(widest, MAX_NAME_COLUMNS, Math.floor(space.columns / 3));
  const named = { ...space, nameColumns };

  const block = [
    ...shown.map((upload) => rowLine(upload, speedOf(upload), named)),
    totalsRow(all, measureAll(all, now), named),
    fitWords(formatFileCounts(all), space.columns - 1),
  ];
  return rows > 1 ? block : block.slice(-1);
}

const ALL = 'all';

export interface LineSpace {
  /** The width of the terminal. Every line is narrower. */
  readonly columns: number;
  readonly drawing: Drawing;
}

/** Narrower terminals get a shorter bar, or none. */
const BAR_COLUMNS = [
  { from: 60, bar: 20 },
  { from: 36, bar: 10 },
];

function barColumns(columns: number): number {
  return BAR_COLUMNS.find(({ from }) => columns >= from)?.bar ?? 0;
}

type Shown = Pick<TrackedUpload, 'name' | 'phase' | 'progress'>;

/** Draws one upload. What matters most comes first, and what does not fit is left out. */
export function barLine({ name, phase, progress }: Shown, speed: Speed, space: LineSpace): string {
  const { columns, drawing } = space;
  const known = escapeControl(name);

  if (progress === undefined) {
    const room = columns - 2 - stringWidth(phase);
    return `${cutMiddle(known, Math.max(0, room), drawing.cut)} ${phase}`
      .trim()
      .slice(0, Math.max(0, columns - 1));
  }

  const words = formatUpload({ phase, progress }, speed);
  const width = barColumns(columns);
  const bar = width === 0 ? '' : `${drawBar(progress, width, drawing)} `;
  // The line at the start has named the file. Here the progress and the time left matter more.
  const named = `${known} ${bar}`;
  const isNameWorthIt = stringWidth(named + words.slice(0, 4).join(', ')) < columns;
  const head = isNameWorthIt ? named : bar;

  return head + fitWords(words, columns - 1 - stringWidth(head));
}

/**
 * Draws one of several uploads. The name is always there, because it tells the lines apart. The bar
 * is there when it fits.
 */
export function rowLine(
  upload: Shown,
  speed: Speed,
  space: LineSpace & { readonly nameColumns: number },
): string {
  const { phase, progress } = upload;
  const name = escapeControl(upload.name);
  const words = progress === undefined ? [phase] : formatUpload({ phase, progress }, speed);
  return row({ name, words, progress }, space);
}

/**
 * Draws the bytes of all uploads together. The share that is done is counted in files while some
 * sizes are not known.
 */
export function totalsRow(
  { files, isOpen, completed, failed, totalBytes, progress }: Totals,
  speed: Speed,
  space: LineSpace & { readonly nameColumns: number },
): string {
  const ofFiles = { ...progress, acknowledgedBytes: completed + failed, inFlightBytes: 0, totalBytes: files };
  const share = totalBytes === undefined ? ofFiles : progress;

  const words = [
    ...(isOpen ? [] : [`${percent(share)} %`]),
    ...formatTotalBytes({ isOpen, totalBytes, progress }),
    ...formatPace(speed),
    ...formatRetryCounts(progress),
  ];

  return row({ name: ALL, words, progress: isOpen ? undefined : share }, space);
}

function formatUpload(
  { phase, progress }: Required<Pick<TrackedUpload, 'phase'>> & { progress: NonNullable<Shown['progress']> },
  speed: Speed,
): readonly string[] {
  const { acknowledgedParts, parts, inFlightBytes } = progress;
  return [
    `${percent(progress)} %`,
    ...(phase === '' ? formatPace(speed) : [phase]),
    parts === null ? formatParts(acknowledgedParts) : `${acknowledgedParts}/${parts} parts`,
    formatProgressBytes(progress),
    ...formatRetryCounts(progress),
    inFlightBytes > 0 ? `${formatBytes(inFlightBytes)} on the way` : '',
  ];
}

interface Row {
  readonly name: string;
  readonly words: readonly string[];
  readonly progress: Shown['progress'];
}

function row({ name, words, progress }: Row, space: LineSpace & { readonly nameColumns: number }): string {
  const { columns, nameColumns, drawing } = space;
  const width = columns >= 60 ? barColumns(columns) : 0;
  const label = padRight(cutMiddle(name, nameColumns, drawing.cut), nameColumns);
  const bar = progress === undefined ? ' '.repeat(width) : drawBar(progress, width, drawing);
  const room = columns - 1 - nameColumns - 1 - (width === 0 ? 0 : width + 1);
  return [label, ...(width === 0 ? [] : [bar]), fitWords(words, room)].join(' ').trimEnd();
}
