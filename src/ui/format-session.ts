import type { LockOwner, PartSpan, SessionSummary, SourceState } from '../model/session.ts';
import { escapeControl } from './escape.ts';
import { percent } from './progress-lines.ts';

/** In percent, rounded down; 100 only when there is a file. */
export function sentPercent({ status, acknowledgedBytes, bytes }: SessionSummary): number {
  return status === 'completed' ? 100 : percent({ acknowledgedBytes, totalBytes: bytes });
}

/** Nobody reads more than that. */
const MAX_SPANS = 20;

/** `3, 7-9`; of very many only the first. */
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

/** By the server's clock, in UTC. */
export function formatTime(unixSeconds: number): string {
  return new Date(unixSeconds * 1000).toISOString().replace('.000', '');
}

/**
 * A session for `cut` and `awk`: fields with tabs between them, nothing cut off, none empty. Fields
 * are only ever added at the end.
 */
export function sessionRow(session: SessionSummary): string {
  const { uploadId, filename, status, timeLeftMs, acknowledgedBytes, bytes, path } = session;
  const secondsLeft = timeLeftMs === null ? '-' : Math.floor(timeLeftMs / 1000);

  const fields = [
    uploadId,
    filename,
    sentPercent(session),
    status,
    secondsLeft,
    acknowledgedBytes,
    bytes,
    path,
  ];

  return fields.map((field) => escapeControl(String(field))).join('\t');
}
