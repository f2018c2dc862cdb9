import { basename } from 'node:path';
import type { Progress, UploadEvent } from '../model/events.ts';
import { escapeControl } from './escape.ts';
import { formatBytes, formatDuration, formatSpooling, percent } from './format.ts';
import type { Speed } from './speed.ts';
import type { Totals, UploadsTracker } from './track-uploads.ts';

type Event<T extends UploadEvent['type']> = Extract<UploadEvent, { type: T }>;

/** What is known when sending begins. */
export function startLine(event: Event<'started'>): string {
  const name = escapeControl(event.filename);
  const left = event.timeLeftMs === null ? '' : `, expires in ${formatDuration(event.timeLeftMs)}`;
  if (event.partsResumed > 0) {
    const there = `${formatShare(event.partsResumed, event.parts)} (${formatBytes(event.bytesResumed)}) already uploaded`;
    return `${name}: continuing ${escapeControl(event.uploadId)}, ${there}${left}`;
  }
  return `${name}: ${formatBytes(event.bytes)}${formatPlan(event)}, as ${escapeControl(event.uploadId)}${left}`;
}

/** How it will be sent, as far as that is known before. */
function formatPlan({ parts, partBytes, concurrency }: Event<'started'>): string {
  if (parts === null) return '';
  if (parts === 1) return ' in 1 part';
  return ` in ${partsOf({ parts, partBytes })}, at most ${concurrency} at a time`;
}

/** So many parts, of all when their number is known. */
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

/** In place of a line for each. */
export function startOfManyLine(files: number, totalBytes: number): string {
  return `${files.toLocaleString('en')} files, ${formatBytes(totalBytes)}`;
}

/** Before anything is known of its size. */
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

/** `phase`: what it does in place of sending, if anything. */
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

/** Many uploads together. */
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

/** How many are done, have failed and are left. */
export function formatFileCounts({
  files,
  isOpen,
  completed,
  failed,
}: Pick<Totals, 'files' | 'isOpen' | 'completed' | 'failed'>): readonly string[] {
  const [done, all, bad, left] = [completed, files, failed, files - completed - failed].map((number) =>
    number.toLocaleString('en'),
  );
  return [
    isOpen ? `${done} files done` : `${done} of ${all} files done`,
    ...(failed > 0 ? [`${bad} failed`] : []),
    ...(isOpen ? [] : [`${left} left`]),
  ];
}

/** Nothing where nothing is known of them, as in a check. */
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

/** The speed and the time that is left, as far as they are known. */
export function formatPace({ bytesPerSecond, restMs, standstill }: Speed): readonly string[] {
  if (standstill) return [standstill === 'byte' ? 'nothing moves' : 'waiting for the server'];
  const words = [
    ...(bytesPerSecond === 0 ? [] : [`${formatBytes(bytesPerSecond)}/s`]),
    ...(restMs === undefined ? [] : [`${formatDuration(restMs)} left`]),
  ];
  return words.length === 0 ? ['measuring'] : words;
}

export function formatRetryCounts({ retries }: Pick<Progress, 'retries'>): readonly string[] {
  return retries > 0 ? [formatRetries(retries)] : [];
}

function formatRetries(count: number): string {
  return count === 1 ? '1 retry' : `${count} retries`;
}

/** Below that the check is over before anybody has read a line about it. */
const LONG_CHECK_BYTES = 50_000_000;

/** What comes before sending and may take a while; undefined for all else. */
export function phaseLine(event: Event<'phase'>): string | undefined {
  if (event.phase === 'verifying') return 'checking that the parts already sent have not changed';
  if (event.phase === 'processing') return 'uploaded; waiting for the server to process it';
  if (event.phase !== 'checking' || event.bytes < LONG_CHECK_BYTES) return undefined;
  return `${escapeControl(basename(event.path))}: checking ${formatBytes(event.bytes)}`;
}
