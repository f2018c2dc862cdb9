import { basename } from 'node:path';
import type { CheckResult } from '../model/issue.ts';
import type { PushPlan, UploadResult } from '../model/upload.ts';
import { escapeControl } from './escape-control.ts';
import { formatBytes, formatDuration } from './format.ts';
import { formatOwner } from './format-session.ts';
import { formatParts, formatRetryCounts, partsOf } from './lines.ts';

/** What a push would do. */
export function planLine(plan: PushPlan): string {
  const { filename, bytes, purpose, mimeType, parts, continues, partsResumed, lockedBy } = plan;
  const what = `${filename}: ${formatBytes(bytes)} in ${partsOf(plan)}, as ${mimeType} for ${purpose}`;
  const how =
    continues === null
      ? 'a new upload'
      : `continuing ${continues}, ${partsResumed} of ${formatParts(parts)} are there already`;
  const held = lockedBy === null ? '' : `, but ${formatOwner(lockedBy)} is working on it now`;
  return `${escapeControl(`${what}: ${how}`)}${held}; nothing was sent`;
}

/** A file that the preflight has nothing against. A stream has no name but the one it is given. */
export function checkedLine(result: CheckResult, name = basename(result.path)): string {
  const { bytes, purpose, lines, warningCount } = result;
  const size = lines === undefined ? '' : `, ${lines.toLocaleString('en')} ${lines === 1 ? 'line' : 'lines'}`;
  const warnings =
    warningCount === 0
      ? ''
      : `, ${warningCount === 1 ? '1 warning' : `${warningCount.toLocaleString('en')} warnings`}`;
  return escapeControl(`${name}: fit for ${purpose}, ${formatBytes(bytes)}${size}${warnings}`);
}

/** What came of several uploads together. */
export function summaryLine(sum: {
  readonly results: readonly UploadResult[];
  /** How many were asked for. */
  readonly of: number;
  readonly failed: number;
  /** Those that a signal has stopped. */
  readonly stopped: number;
  readonly seconds: number;
}): string {
  const { results, of, failed, stopped, seconds } = sum;
  const bytesSent = results.reduce((bytes, result) => bytes + result.bytesSent, 0);
  const retries = results.reduce((count, result) => count + result.retries, 0);
  const before = results.filter(({ alreadyUploaded }) => alreadyUploaded).length;
  const untried = of - results.length - failed - stopped;
  const counts = [
    `${results.length} of ${of} files uploaded`,
    ...(before > 0 ? [`${before} of them before`] : []),
    ...(failed > 0 ? [`${failed} failed`] : []),
    ...(stopped > 0 ? [`${stopped} stopped`] : []),
    ...(untried > 0 ? [`${untried} not tried`] : []),
  ];
  if (bytesSent === 0) return counts.join(', ');
  const speed = `${formatBytes(bytesSent / Math.max(seconds, 0.001))}/s`;
  const sent = [formatBytes(bytesSent), 'in', formatDuration(seconds * 1000)].join(' ');
  return `${counts.join(', ')}: ${[sent, speed, ...formatRetryCounts({ retries })].join(', ')}`;
}
