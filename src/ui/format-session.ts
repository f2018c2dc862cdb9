import type { LockOwner, PartSpan, SessionSummary, SourceState } from '../model/session.ts';
import { escapeControl } from './escape-control.ts';
import { percent } from './lines.ts';

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
    touched: 'was touched; what was sent is read again to see whether it is the same',
    changed: 'has another size than it had',
    missing: 'is missing',
    unreadable: 'cannot be read',
  };
  return words[source];
}

/** By the server's clock, in UTC. */
export function formatTime(unixSeconds: number): string {
  return new Date(unixSeconds * 1000).toISOString().replace('.000', '');
}
