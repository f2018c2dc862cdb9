import { basename } from 'node:path';
import { type CheckResult, issueText } from '../model/check.ts';
import type { Progress, UploadEvent } from '../model/events.ts';
import type { PushPlan, UploadResult } from '../model/upload.ts';
import { escapeControl } from './escape-control.ts';
import { formatBytes, formatDuration } from './format.ts';
import type { Speed } from './speed.ts';

type Event<T extends UploadEvent['type']> = Extract<UploadEvent, { type: T }>;

/** What is known when sending begins. */
export function startLine(event: Event<'started'>): string {
  const name = escapeControl(event.filename);
  const left = `expires in ${formatDuration(event.timeLeftMs)}`;
  if (event.partsResumed > 0) {
    const there = `${event.partsResumed} of ${event.parts} parts (${formatBytes(event.bytesResumed)}) are there already`;
    return `${name}: continuing ${escapeControl(event.uploadId)}, ${there}, ${left}`;
  }
  return `${name}: ${formatBytes(event.bytes)} in ${partsOf(event)}, ${event.concurrency} at a time, as ${escapeControl(event.uploadId)}, ${left}`;
}

function partsOf({ parts, partBytes }: { readonly parts: number; readonly partBytes: number }): string {
  return parts === 1 ? '1 part' : `${parts} parts of ${formatBytes(partBytes)}`;
}

/** What a push would do. */
export function planLine(plan: PushPlan): string {
  const { filename, bytes, purpose, mimeType, parts, continues, partsResumed } = plan;
  const what = `${filename}: ${formatBytes(bytes)} in ${partsOf(plan)}, as ${mimeType} for ${purpose}`;
  const how =
    continues === null
      ? 'a new upload'
      : `continuing ${continues}, ${partsResumed} of ${parts} parts are there already`;
  return escapeControl(`${what}: ${how}; nothing was sent`);
}

export function progressLine(filename: string, progress: Progress, speed: Speed): string {
  const parts = `${progress.acknowledgedParts} of ${progress.parts} parts`;
  const bytes = `${formatBytes(progress.acknowledgedBytes)} of ${formatBytes(progress.totalBytes)}`;
  return `${escapeControl(filename)}: ${percent(progress)} %, ${bytes}, ${parts}, ${pace(speed)}`;
}

export function pace({ bytesPerSecond, restMs }: Speed): string {
  if (restMs === undefined) return 'measuring';
  return `${formatBytes(bytesPerSecond)}/s, ${formatDuration(restMs)} left`;
}

/** Never 100 before the file id is known: the last percent is the server's. */
export function percent({ acknowledgedBytes, totalBytes }: Progress): number {
  return Math.min(99, Math.floor((acknowledgedBytes / totalBytes) * 100));
}

export function endLine(result: UploadResult): string {
  const name = escapeControl(result.filename);
  if (result.bytesSent === 0) return `${name}: ${escapeControl(result.fileId)}, nothing left to send`;
  const speed = `${formatBytes(result.bytesSent / Math.max(result.seconds, 0.001))}/s`;
  const sent = `${formatBytes(result.bytesSent)} in ${formatDuration(result.seconds * 1000)}, ${speed}`;
  const resumed =
    result.partsResumed > 0 ? `, ${result.partsResumed} of ${result.parts} parts were there already` : '';
  const retries = result.retries > 0 ? `, ${retriesWord(result.retries)}` : '';
  return `${name}: ${escapeControl(result.fileId)}, ${sent}${resumed}${retries}`;
}

export function retriesWord(count: number): string {
  return count === 1 ? '1 retry' : `${count} retries`;
}

function retryLine({ what, delayMs, error }: Event<'retry'>): string {
  return `${what}: ${escapeControl(error.message)}; trying again in ${formatDuration(delayMs)}`;
}

/** What people should know beside the progress; undefined for events that need no line. */
export function noticeLine(event: UploadEvent): string | undefined {
  switch (event.type) {
    case 'waiting':
      return `waiting: ${escapeControl(event.holder)} is working on it`;
    case 'passed_over':
      return `${escapeControl(event.uploadId)} cannot be continued: ${escapeControl(event.reason)}; starting a new upload`;
    case 'restarted':
      return `${escapeControl(event.from)} has expired; started over as ${escapeControl(event.uploadId)}`;
    case 'found':
      return `the answer to complete was lost, but the server has the file: ${escapeControl(event.fileId)}`;
    case 'warning':
      return warningLine(event);
    case 'deadline':
      return deadlineLine(event);
    case 'retry':
      return retryLine(event);
    default:
      return undefined;
  }
}

function warningLine({ path, issue, untold }: Event<'warning'>): string {
  const more = untold > 0 ? `; and ${untold.toLocaleString('en')} more warnings` : '';
  return escapeControl(`${basename(path)}: warning: ${issueText(issue)}${more}`);
}

function deadlineLine(event: Event<'deadline'>): string {
  const now = `at ${formatBytes(event.bytesPerSecond)}/s the rest takes ${formatDuration(event.neededMs)}`;
  const left = `the upload expires in ${formatDuration(event.timeLeftMs)}`;
  return `${now}, but ${left}; it needs ${formatBytes(event.requiredBytesPerSecond)}/s`;
}

export function requestLine(event: Event<'request'>): string {
  const { method, path, status, requestId, attempt, durationMs } = event;
  const again = attempt > 1 ? ` (attempt ${attempt})` : '';
  const answer = `${status ?? 'no answer'}${requestId === null ? '' : ` ${escapeControl(requestId)}`}`;
  return `${method} ${escapeControl(path)}${again} ${answer} ${Math.round(durationMs)} ms`;
}

/** Below that the check is over before anybody has read a line about it. */
const LONG_CHECK_BYTES = 50_000_000;

/** A file that the preflight has nothing against. */
export function checkedLine({ path, bytes, purpose, lines, warningCount }: CheckResult): string {
  const size = lines === undefined ? '' : `, ${lines.toLocaleString('en')} ${lines === 1 ? 'line' : 'lines'}`;
  const warnings =
    warningCount === 0
      ? ''
      : `, ${warningCount === 1 ? '1 warning' : `${warningCount.toLocaleString('en')} warnings`}`;
  return escapeControl(`${basename(path)}: fit for ${purpose}, ${formatBytes(bytes)}${size}${warnings}`);
}

/** What comes before sending and may take a while; undefined for all else. */
export function phaseLine(event: Event<'phase'>): string | undefined {
  if (event.phase === 'verifying') return 'reading again what was sent, to see that it is still the same';
  if (event.phase !== 'checking' || event.bytes < LONG_CHECK_BYTES) return undefined;
  return `${escapeControl(basename(event.path))}: checking ${formatBytes(event.bytes)}`;
}

export function phaseWord(phase: Event<'phase'>['phase']): string {
  const words = {
    verifying: 'checking the file',
    checking: 'checking the lines',
    sending: 'sending',
    hashing: 'waiting for the MD5',
    completing: 'completing',
  };
  return words[phase];
}
