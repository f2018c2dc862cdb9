import type { Progress, UploadEvent } from '../model/events.ts';
import type { PartSpan, SessionSummary, SourceState } from '../model/session-summary.ts';
import type { LockOwner } from '../model/state-store.ts';
import { escapeControl } from './escape.ts';

/** Formats bytes for people, in the decimal units that the command line promises: `12.5 MB`. */
export function formatBytes(bytes: number): string {
  if (bytes < 999.5) return `${Math.round(bytes)} B`;
  const units = ['kB', 'MB', 'GB'];
  let value = bytes / 1000;
  let unit = 0;
  while (value >= 999.95 && unit < units.length - 1) {
    value /= 1000;
    unit += 1;
  }
  return `${value.toFixed(1)} ${units[unit]}`;
}

/** `1 file`, `2,000 files`. */
export function formatCount(number: number, what: string): string {
  return `${number.toLocaleString('en')} ${what}${number === 1 ? '' : 's'}`;
}

/** `3 failed`, `2 skipped`, without what counts nothing. */
export function formatCounts(counts: Readonly<Record<string, number>>): readonly string[] {
  return Object.entries(counts)
    .filter(([, number]) => number > 0)
    .map(([what, number]) => `${number.toLocaleString('en')} ${what}`);
}

/** Formats a duration for people: `0.4 s`, `12 s`, `3 min 20 s`, `1 h 5 min`. */
export function formatDuration(ms: number): string {
  const seconds = Math.max(0, ms) / 1000;
  if (seconds < 10) return `${seconds.toFixed(1)} s`;
  const whole = Math.round(seconds);
  if (whole < 60) return `${whole} s`;
  const minutes = Math.floor(whole / 60);
  if (minutes < 60) return whole % 60 === 0 ? `${minutes} min` : `${minutes} min ${whole % 60} s`;
  const rest = minutes % 60;
  return rest === 0 ? `${Math.floor(minutes / 60)} h` : `${Math.floor(minutes / 60)} h ${rest} min`;
}

/** Describes standard input while it is being read. */
export function formatSpooling(bytes: number): string {
  return `reading standard input${bytes === 0 ? '' : `, ${formatBytes(bytes)} so far`}`;
}

/** Says what an upload is doing. */
export function formatPhase(phase: Extract<UploadEvent, { type: 'phase' }>['phase']): string {
  const words = {
    verifying: 'checking the file',
    checking: 'checking the lines',
    sending: 'sending',
    hashing: 'waiting for the MD5',
    completing: 'completing',
    processing: 'waiting for the server to process it',
  };
  return words[phase];
}

/** Never returns 100, because the server has to finish the last percent and return a file id. */
export function percent({
  acknowledgedBytes,
  totalBytes,
}: Pick<Progress, 'acknowledgedBytes' | 'totalBytes'>): number {
  return Math.min(99, Math.floor((acknowledgedBytes / Math.max(1, totalBytes)) * 100));
}

/** Returns the percentage sent, rounded down. It is 100 only when there is a file. */
export function sentPercent({ status, acknowledgedBytes, bytes }: SessionSummary): number {
  return status === 'completed' ? 100 : percent({ acknowledgedBytes, totalBytes: bytes });
}

/** Nobody reads more spans than this. */
const MAX_SPANS = 20;

/** Formats spans of parts: `3, 7-9`. Of very many, only the first are listed. */
export function formatSpans(spans: readonly PartSpan[]): string {
  const words = spans
    .slice(0, MAX_SPANS)
    .map(({ first, last }) => (first === last ? `${first}` : `${first}-${last}`));
  return [...words, ...(spans.length > MAX_SPANS ? ['…'] : [])].join(', ');
}

export function formatOwner({ pid, host }: LockOwner): string {
  if (pid === null) return 'a process';
  return `process ${pid}${host === null ? '' : ` on ${escapeControl(host)}`}`;
}

export function formatSource(source: SourceState): string {
  const words = {
    same: 'is unchanged',
    touched: 'was modified; a resume checks the parts already sent',
    changed: 'has a different size now',
    missing: 'is missing',
    unreadable: 'cannot be read',
  };
  return words[source];
}

/** Formats a time of the server's clock, in UTC. */
export function formatTime(unixSeconds: number): string {
  return new Date(unixSeconds * 1000).toISOString().replace('.000', '');
}
