import { shownUrl } from '../model/base-url.ts';
import type { SessionDetails, SessionSummary } from '../model/session-summary.ts';
import { escapeControl } from './escape.ts';
import {
  formatBytes,
  formatDuration,
  formatOwner,
  formatSource,
  formatSpans,
  formatTime,
  sentPercent,
} from './format.ts';
import { formatShare } from './progress-lines.ts';

/**
 * Shows a session in full, with a line for each fact. The first word of a line names the fact.
 * `next` says what to run, or why there is nothing to run.
 */
export function sessionLines(session: SessionDetails, next: string | null): readonly string[] {
  const { fileId, filename, bytes, purpose, restartedAs, recordPath } = session;

  const things: readonly (readonly [string, string | null])[] = [
    ['upload', session.uploadId],
    ['file', `${filename}, ${formatBytes(bytes)}, for ${purpose}`],
    ['source', formatSourceState(session)],
    ['status', formatStatus(session)],
    ['result', fileId],
    ['instead', restartedAs],
    ['sent', formatSent(session)],
    ['missing', formatMissing(session)],
    ['created', formatTime(session.createdAt)],
    ['expires', formatExpiry(session)],
    ['server', formatServer(session)],
    ['saved', recordPath],
    ['next', next],
  ];

  const width = Math.max(...things.map(([name]) => name.length));

  return things.flatMap(([name, words]) =>
    words === null ? [] : [`${name.padEnd(width)}  ${escapeControl(words)}`],
  );
}

/** A spool is our own file, so its state does not matter after the end. */
function formatSourceState({ path, spool, source, isSlices }: SessionDetails): string {
  if (path !== '-' && !isSlices) return `${path} ${formatSource(source)}`;
  const origin = isSlices ? `lines of ${path}` : 'standard input';
  return spool === null ? origin : `${origin}, kept in ${spool}, which ${formatSource(source)}`;
}

function formatStatus({ status, lockedBy }: SessionDetails): string {
  return lockedBy === null ? status : `${status}, ${formatOwner(lockedBy)} is working on it`;
}

function formatSent(session: SessionDetails): string {
  const { acknowledgedParts, parts, acknowledgedBytes, bytes } = session;
  const amount = `${formatBytes(acknowledgedBytes)} of ${formatBytes(bytes)}`;
  return `${sentPercent(session)} %, ${formatShare(acknowledgedParts, parts)}, ${amount}`;
}

function formatMissing({ missing, missingBytes, parts }: SessionDetails): string | null {
  if (missing === null) return missingBytes === 0 ? null : formatBytes(missingBytes);

  const [first] = missing;
  if (first === undefined) return null;
  const isOne = missing.length === 1 && first.first === first.last;
  return `${isOne ? 'part' : 'parts'} ${formatSpans(missing)} of ${parts}, ${formatBytes(missingBytes)}`;
}

function formatExpiry({ status, expiresAt, timeLeftMs }: SessionDetails): string | null {
  if (status === 'completed' || status === 'cancelled') return null;
  if (expiresAt === null) return 'unknown, the server does not say';
  return timeLeftMs === null || timeLeftMs === 0
    ? formatTime(expiresAt)
    : `${formatTime(expiresAt)}, in ${formatDuration(timeLeftMs)}`;
}

function formatServer({ baseUrl, organization, project, differsIn }: SessionDetails): string {
  const words = [
    shownUrl(baseUrl),
    ...(organization === null ? [] : [`organization ${organization}`]),
    ...(project === null ? [] : [`project ${project}`]),
  ];
  return differsIn.length === 0
    ? words.join(', ')
    : `${words.join(', ')} (differs from the current settings)`;
}

/**
 * Formats a session for `cut` and `awk`: fields with tabs between them, none cut off and none
 * empty. Fields are only ever added at the end.
 */
export function sessionRow(session: SessionSummary): string {
  const { uploadId, filename, status, timeLeftMs, acknowledgedBytes, bytes, path } = session;
  const secondsLeft = timeLeftMs === null ? '-' : Math.floor(timeLeftMs / 1000);

  return [
    escapeControl(uploadId),
    escapeControl(filename),
    sentPercent(session),
    status,
    secondsLeft,
    acknowledgedBytes,
    bytes,
    escapeControl(path),
  ].join('\t');
}
