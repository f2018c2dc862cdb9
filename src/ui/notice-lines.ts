import { basename } from 'node:path';
import type { UploadEvent } from '../model/events.ts';
import { type Issue, issueText } from '../model/issue.ts';
import { formatPeer } from '../model/peer.ts';
import { escapeControl } from './escape.ts';
import { formatBytes, formatDuration, formatTime } from './format.ts';

type Event<T extends UploadEvent['type']> = Extract<UploadEvent, { type: T }>;

/** The message already says what failed. */
function retryLine({ delayMs, error }: Event<'retry'>): string {
  return `${escapeControl(error.message)}; trying again in ${formatDuration(delayMs)}`;
}

/** Returns what people should know beside the progress; undefined for events that need no line. */
export function noticeLine(event: UploadEvent): string | undefined {
  switch (event.type) {
    case 'waiting':
      return `waiting: ${escapeControl(event.owner)} is working on it`;
    case 'passed_over':
      return `${escapeControl(event.uploadId)} cannot be continued: ${escapeControl(event.reason)}; starting a new upload`;
    case 'lifetime_unknown':
      return `the server does not say when ${escapeControl(event.uploadId)} expires, so only its refusals will tell`;
    case 'left_open':
      return `${escapeControl(event.uploadId)} stays open on the server: ${escapeControl(event.error.message)}`;
    case 'repeated':
      return `uploaded before as ${escapeControl(event.fileId)}, at ${formatTime(event.completedAt)}, and again now; --if-not-uploaded would skip it`;
    case 'restarted':
      return `${escapeControl(event.from)} has expired; started over as ${escapeControl(event.uploadId)}`;
    case 'found':
      return `no response to complete names the file, but the server has it: ${escapeControl(event.fileId)}`;
    case 'unrecorded':
      return `${escapeControl(event.fileId)} exists, but could not be recorded in the ledger: ${escapeControl(event.error.message)}`;
    case 'matched_by_md5':
      return `${escapeControl(event.fileId)} was recorded by an older version: only its MD5 and its size show that it has the same bytes`;
    case 'unfit':
      return `${escapeControl(basename(event.path))}: found an error, so sending has stopped; checking the rest of the file`;
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

function warningLine({ path, issue, omitted }: Event<'warning'>): string {
  const more = omitted > 0 ? `; and ${omitted.toLocaleString('en')} more warnings` : '';
  return escapeControl(`${basename(path)}: warning: ${issueText(issue)}${more}`);
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
  return `stopping: parts in flight get three more seconds; ${second} ends at once`;
}
