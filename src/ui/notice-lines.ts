import { basename } from 'node:path';
import type { UploadEvent } from '../model/events.ts';
import { type Issue, issueText } from '../model/issue.ts';
import { formatPeer } from '../model/peer.ts';
import { escapeControl } from './escape.ts';
import { formatBytes, formatDuration, formatTime } from './format.ts';

type Event<T extends UploadEvent['type']> = Extract<UploadEvent, { type: T }>;

/** What people should know beside the progress. Other events need no line. */
const NOTICES: { readonly [T in UploadEvent['type']]?: (event: Event<T>) => string } = {
  waiting: ({ owner }) => `waiting: ${owner} is working on it`,
  passed_over: ({ uploadId, reason }) => `${uploadId} cannot be continued: ${reason}; starting a new upload`,
  lifetime_unknown: ({ uploadId }) =>
    `the server does not say when ${uploadId} expires, so only its refusals will tell`,
  left_open: ({ uploadId, error }) => `${uploadId} stays open on the server: ${error.message}`,
  repeated: ({ fileId, completedAt }) =>
    `uploaded before as ${fileId}, at ${formatTime(completedAt)}, and again now; --if-not-uploaded would skip it`,
  restarted: ({ from, uploadId }) => `${from} has expired; started over as ${uploadId}`,
  found: ({ fileId }) => `no response to complete names the file, but the server has it: ${fileId}`,
  unrecorded: ({ fileId, error }) =>
    `${fileId} exists, but could not be recorded in the ledger: ${error.message}`,
  matched_by_md5: ({ fileId }) =>
    `${fileId} was recorded by an older version: only its MD5 and its size show that it has the same bytes`,
  unfit: ({ path }) =>
    `${basename(path)}: found an error, so sending has stopped; checking the rest of the file`,
  warning: warningLine,
  deadline: deadlineLine,
  // The message already says what failed.
  retry: ({ delayMs, error }) => `${error.message}; trying again in ${formatDuration(delayMs)}`,
};

/** Returns the line for an event that people should know about. */
export function noticeLine(event: UploadEvent): string | undefined {
  const notice = NOTICES[event.type] as ((event: UploadEvent) => string) | undefined;
  return notice && escapeControl(notice(event));
}

function warningLine({ path, issue, omitted }: Event<'warning'>): string {
  const more =
    omitted > 0 ? `; and ${omitted.toLocaleString('en')} more warning${omitted > 1 ? 's' : ''}` : '';
  return `${basename(path)}: warning: ${issueText(issue)}${more}`;
}

function deadlineLine(event: Event<'deadline'>): string {
  const { bytesPerSecond, neededMs, timeLeftMs, requiredBytesPerSecond } = event;
  const now =
    bytesPerSecond < 1
      ? 'nothing has been acknowledged yet'
      : `at ${formatBytes(bytesPerSecond)}/s the rest takes ${formatDuration(neededMs)}`;

  const left = `the upload expires in ${formatDuration(timeLeftMs)}`;
  return `${now}, but ${left}; it needs ${formatBytes(requiredBytesPerSecond)}/s`;
}

export function requestLine(event: Event<'request'>): string {
  const { method, path, query = '', status, requestId, attempt, durationMs } = event;
  const again = attempt > 1 ? ` (attempt ${attempt})` : '';
  const answer = `${status ?? 'no response'}${requestId === null ? '' : ` ${escapeControl(requestId)}`}`;
  return `${method} ${escapeControl(`${path}${query}`)}${again} ${answer} ${Math.round(durationMs)} ms`;
}

/** Shows what went over the wire, in the style of `curl -v`. Secrets were removed earlier. */
export function exchangeLines(event: Event<'request'>): readonly string[] {
  const { method, path, query = '', status, connection, requestHeaders = {}, responseHeaders } = event;
  const lines = (mark: string, headers: Readonly<Record<string, string>>) =>
    Object.entries(headers).map(([name, value]) => `${mark} ${name}: ${value}`);

  return [
    ...(connection
      ? [`* connected to ${connection.address}:${connection.port}, ${formatPeer(connection)}`]
      : []),
    `> ${method} ${path}${query}`,
    ...lines('>', requestHeaders),
    ...(status === null ? [] : [`< ${status}`]),
    ...lines('<', responseHeaders ?? {}),
  ].map(escapeControl);
}

/**
 * Returns the lines for a failure: what failed and why, what to do, and the command to run next.
 */
export function errorLines(error: {
  readonly message: string;
  readonly hint: string;
  readonly nextCommand: string | null;
  /** How long the next command can still succeed. */
  readonly timeLeftMs: number | undefined;
}): string[] {
  const lines = [`openai-upload: ${escapeControl(error.message)}`];
  if (error.hint !== '') lines.push(`  ${escapeControl(error.hint)}`);
  const within =
    error.timeLeftMs === undefined || error.timeLeftMs <= 0
      ? ''
      : ` within ${formatDuration(error.timeLeftMs)}`;
  if (error.nextCommand !== null) lines.push(`  Run${within}: ${escapeControl(error.nextCommand)}`);

  return lines;
}

/**
 * Lists the issues, a line for each, and one line for those that are only counted. Issues that
 * share a hint show it once.
 */
export function issueLines(issues: readonly Issue[], count: number): string[] {
  const said = new Set<string | undefined>([undefined]);
  const lines = issues.flatMap((issue) => {
    const line = `  ${escapeControl(issueText(issue))}`;
    if (said.has(issue.hint)) return [line];
    said.add(issue.hint);
    return [line, `    ${escapeControl(issue.hint ?? '')}`];
  });
  const omitted = count - issues.length;
  return omitted > 0 ? [...lines, `  and ${omitted.toLocaleString('en')} more`] : lines;
}

/**
 * Says what a signal has set off. Otherwise a run would seem to hang until the parts on their way
 * have had their time.
 */
export function stoppingLine(isTerminal: boolean): string {
  const second = isTerminal ? 'Ctrl-C again' : 'a second signal';
  return `stopping: parts in flight get 2.5 seconds more; ${second} ends at once`;
}
