import { basename } from 'node:path';
import type { CheckResult } from '../model/check.ts';
import type { PushPlan, UploadResult } from '../model/upload.ts';
import { escapeControl } from './escape-control.ts';
import { formatBytes, formatDuration } from './format.ts';
import { partsOf, retriesWords } from './lines.ts';

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

/** A file that the preflight has nothing against. */
export function checkedLine({ path, bytes, purpose, lines, warningCount }: CheckResult): string {
  const size = lines === undefined ? '' : `, ${lines.toLocaleString('en')} ${lines === 1 ? 'line' : 'lines'}`;
  const warnings =
    warningCount === 0
      ? ''
      : `, ${warningCount === 1 ? '1 warning' : `${warningCount.toLocaleString('en')} warnings`}`;
  return escapeControl(`${basename(path)}: fit for ${purpose}, ${formatBytes(bytes)}${size}${warnings}`);
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
  return `${counts.join(', ')}: ${[sent, speed, ...retriesWords({ retries })].join(', ')}`;
}
