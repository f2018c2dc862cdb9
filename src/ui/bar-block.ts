import stringWidth from 'string-width';
import { barLine, formatFiles, type LineSpace, rowLine, totalsRow } from './bar-line.ts';
import { escapeControl } from './escape-control.ts';
import type { Speedometer } from './speed.ts';
import type { TrackedUpload, UploadsTracker } from './track-uploads.ts';

const NOT_MEASURED = { bytesPerSecond: 0, restMs: undefined };
const MAX_NAME_COLUMNS = 30;

/**
 * What is drawn of the uploads: one a line of its own; of several those that go on, as many as there is room for, and below
 * them a line for all. Nothing when none goes on.
 */
export function barBlock(
  { uploads, totals }: Pick<UploadsTracker, 'uploads' | 'totals'>,
  { rows, now, measureAll, ...space }: LineSpace & { rows: number; now: number; measureAll: Speedometer },
): readonly string[] {
  const running = uploads.filter(({ state }) => state === 'running');
  const speedOf = ({ progress, measure }: TrackedUpload) =>
    progress === undefined ? NOT_MEASURED : measure(progress, now);
  if (uploads.length === 1) return running.map((upload) => barLine(upload, speedOf(upload), space));
  const all = totals();
  if (all.completed + all.failed === all.files || running.length + all.completed + all.failed === 0)
    return [];
  // A line above them stays, so that it does not look as if all before were gone.
  const shown = running.slice(0, Math.max(0, rows - 2));
  const widest = Math.max(...shown.map(({ name }) => stringWidth(escapeControl(name))), 0);
  const nameColumns = Math.max(
    Math.min(widest, MAX_NAME_COLUMNS, Math.floor(space.columns / 3)),
    Math.min(formatFiles(all).length, space.columns - 2),
  );
  const named = { ...space, nameColumns: Math.max(0, nameColumns) };
  return [
    ...shown.map((upload) => rowLine(upload, speedOf(upload), named)),
    totalsRow(all, measureAll(all.progress, now), named),
  ];
}
