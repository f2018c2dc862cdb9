import stringWidth from 'string-width';
import { type Drawing, drawBar } from './drawing.ts';
import { escapeControl } from './escape-control.ts';
import { cutMiddle, fitWords, padRight } from './fit-text.ts';
import { formatBytes } from './format.ts';
import { formatPace, formatProgressBytes, formatRetryCounts, percent } from './lines.ts';
import type { Speed } from './speed.ts';
import type { Totals, TrackedUpload } from './track-uploads.ts';

export interface LineSpace {
  /** Of the terminal. No line is as wide. */
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

/** One upload: what matters most comes first, and what does not fit is left out. */
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
  // The line at the start has told the name; here it is worth less than how far it is and how long it takes.
  const named = `${known} ${bar}`;
  const isNameWorthIt = stringWidth(named + words.slice(0, 4).join(', ')) < columns;
  const head = isNameWorthIt ? named : bar;
  return head + fitWords(words, columns - 1 - stringWidth(head));
}

/** One of several uploads: the name always, so that the lines can be told apart, then its bar where there is room. */
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

/** All uploads together. */
export function totalsRow(
  { files, completed, failed, totalBytes, progress }: Totals,
  speed: Speed,
  space: LineSpace & { readonly nameColumns: number },
): string {
  const isKnown = totalBytes !== undefined;
  const words = [
    ...(isKnown ? [`${percent(progress)} %`] : []),
    ...formatPace(isKnown ? speed : { ...speed, restMs: undefined }),
    ...(failed > 0 ? [`${failed} failed`] : []),
    isKnown ? formatProgressBytes(progress) : formatBytes(progress.acknowledgedBytes),
    ...formatRetryCounts(progress),
  ];
  const name = formatFiles({ completed, files });
  return row({ name, words, progress: isKnown ? progress : undefined }, space);
}

export function formatFiles({ completed, files }: Pick<Totals, 'completed' | 'files'>): string {
  return `${completed}/${files} files`;
}

function formatUpload(
  { phase, progress }: Required<Pick<TrackedUpload, 'phase'>> & { progress: NonNullable<Shown['progress']> },
  speed: Speed,
): readonly string[] {
  const { acknowledgedParts, parts, inFlightBytes } = progress;
  return [
    `${percent(progress)} %`,
    ...(phase === '' ? formatPace(speed) : [phase]),
    `${acknowledgedParts}/${parts} parts`,
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
