import { basename } from 'node:path';
import type { Progress, UploadEvent } from '../model/events.ts';
import { escapeControl } from './escape.ts';
import { formatBytes, formatCount, formatCounts, formatDuration, formatSpooling, percent } from './format.ts';
import type { Speed } from './speed.ts';
import type { Totals, UploadsTracker } from './track-uploads.ts';

type Event<T extends UploadEvent['type']> = Extract<UploadEvent, { type: T }>;

/** Says what is known when sending begins. */
export function startLine(event: Event<'started'>): string {
  const name = escapeControl(event.filename);
  const left = event.timeLeftMs === null ? '' : `, expires in ${formatDuration(event.timeLeftMs)}`;
  if (event.partsResumed > 0) {
    const there = `${formatShare(event.partsResumed, event.parts)} (${formatBytes(event.bytesResumed)}) already uploaded`;
    return `${name}: continuing ${escapeControl(event.uploadId)}, ${there}${left}`;
  }
  return `${name}: ${formatBytes(event.bytes)}${formatPlan(event)}, as ${escapeControl(event.uploadId)}${left}`;
}

/** Says how the upload will be sent, as far as that is known beforehand. */
function formatPlan({ parts, partBytes, concurrency }: Event<'started'>): string {
  if (parts === null) return '';
  if (parts === 1) return ' in 1 part';
  return ` in ${partsOf({ parts, partBytes })}, at most ${concurrency} at a time`;
}

/** Formats a number of parts, with the total when it is known. */
export function formatShare(acknowledged: number, parts: number | null): string {
  return parts === null ? formatParts(acknowledged) : `${acknowledged} of ${formatParts(parts)}`;
}

export function formatParts(parts: number): string {
  return parts === 1 ? '1 part' : `${parts} parts`;
}

export function partsOf({
  parts,
  partBytes,
}: {
  readonly parts: number;
  readonly partBytes: number | null;
}): string {
  return parts === 1 || partBytes === null
    ? formatParts(parts)
    : `${parts} parts of ${formatBytes(partBytes)}`;
}

/** The one line in place of a line for each file. */
export function startOfManyLine(files: number, totalBytes: number): string {
  return `${files.toLocaleString('en')} files, ${formatBytes(totalBytes)}`;
}

/** Describes standard input while its size is not known. */
export function spoolingLine({ filename, bytes }: Event<'spooling'>): string {
  return `${escapeControl(filename)}: ${formatSpooling(bytes)}`;
}

/** Says which of several uploads a line is about. */
export function namedLine(
  text: string,
  uploads: Pick<UploadsTracker, 'isSingle' | 'nameOf'>,
  index?: number,
): string {
  const name = index === undefined || uploads.isSingle ? undefined : uploads.nameOf(index);
  return name === undefined ? text : `${escapeControl(name)}: ${text}`;
}

/** `phase` is what the upload does instead of sending, if anything. */
export function progressLine(filename: string, progress: Progress, speed: Speed, phase = ''): string {
  const parts = formatShare(progress.acknowledgedParts, progress.parts);
  const words = [
    `${percent(progress)} %`,
    formatProgressBytes(progress),
    parts,
    ...(phase ? [phase] : formatPace(speed)),
  ];
  return `${escapeControl(filename)}: ${[...words, ...formatRetryCounts(progress)].join(', ')}`;
}

/** Sums up many uploads. */
export function totalsLine(totals: Totals, speed: Speed): string {
  const { isOpen, totalBytes, progress } = totals;
  const words = [
    ...formatFileCounts(totals),
    ...(isOpen || totalBytes === undefined ? [] : [`${percent(progress)} %`]),
    ...formatTotalBytes(totals),
    ...formatPace(speed),
  ];
  return [...words, ...formatRetryCounts(progress)].join(', ');
}

/** Says how many files are done, have failed and are left. */
export function formatFileCounts({
  files,
  isOpen,
  completed,
  failed,
}: Pick<Totals, 'files' | 'isOpen' | 'completed' | 'failed'>): readonly string[] {
  const [done, all, left] = [completed, files, files - completed - failed].map((number) =>
    number.toLocaleString('en'),
  );
  return [
    isOpen ? `${formatCount(completed, 'file')} done` : `${done} of ${all} files done`,
    ...formatCounts({ failed }),
    ...(isOpen ? [] : [`${left} left`]),
  ];
}

/** Empty when nothing is known about the bytes, for example in a check. */
export function formatTotalBytes({
  isOpen,
  totalBytes,
  progress,
}: Pick<Totals, 'isOpen' | 'totalBytes' | 'progress'>): readonly string[] {
  if (!isOpen && totalBytes !== undefined) return [formatProgressBytes(progress)];
  return progress.acknowledgedBytes === 0 ? [] : [formatBytes(progress.acknowledgedBytes)];
}

export function formatProgressBytes({ acknowledgedBytes, totalBytes }: Progress): string {
  return `${formatBytes(acknowledgedBytes)} of ${formatBytes(totalBytes)}`;
}

/** Formats the speed and the time left, as far as they are known. */
export function formatPace({ bytesPerSecond, restMs, standstill }: Speed): readonly string[] {
  if (standstill) return [standstill === 'byte' ? 'nothing moves' : 'waiting for the server'];
  const words = [
    ...(bytesPerSecond === 0 ? [] : [`${formatBytes(bytesPerSecond)}/s`]),
    ...(restMs === undefined ? [] : [`${formatDuration(restMs)} left`]),
  ];
  return words.length === 0 ? ['measuring'] : words;
}

export function formatRetryCounts({ retries }: Pick<Progress, 'retries'>): readonly string[] {
  if (retries === 0) return [];
  return [retries === 1 ? '1 retry' : `${retries} retries`];
}

/** Smaller files are checked before anybody could read a line about it. */
const LONG_CHECK_BYTES = 50_000_000;

/** Announces a phase before or after sending that may take a while; undefined for all others. */
export function phaseLine(event: Event<'phase'>): string | undefined {
  if (event.phase === 'verifying') return 'checking that the parts already sent have not changed';
  if (event.phase === 'processing') return 'uploaded; waiting for the server to process it';
  if (event.phase !== 'checking' || event.bytes < LONG_CHECK_BYTES) return undefined;
  return `${escapeControl(basename(event.path))}: checking ${formatBytes(event.bytes)}`;
}
