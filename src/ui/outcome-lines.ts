import { basename } from 'node:path';
import type { UploadError } from '../model/errors.ts';
import type { UploadEvent } from '../model/events.ts';
import type { CheckResult } from '../model/issue.ts';
import type { Piece, SplitPlan } from '../model/piece.ts';
import type { Bottleneck, PushPlan, UploadResult } from '../model/upload.ts';
import { escapeControl } from './escape.ts';
import { formatBytes, formatCount, formatCounts, formatDuration, formatOwner } from './format.ts';
import { formatRetryCounts, formatShare, partsOf } from './progress-lines.ts';

/** Says what a push would do. */
export function planLine(plan: PushPlan): string {
  const { filename, bytes, purpose, mimeType, parts, partBytes, continues, partsResumed, lockedBy } = plan;
  const cut = parts === null ? '' : ` in ${partsOf({ parts, partBytes })}`;
  const what = `${filename}: ${formatBytes(bytes)}${cut}, as ${mimeType} for ${purpose}`;
  const how =
    continues === null
      ? 'a new upload'
      : `continuing ${continues}, ${formatShare(partsResumed, parts)} already uploaded`;
  const held = lockedBy === null ? '' : `, but ${formatOwner(lockedBy)} is working on it now`;
  return `${escapeControl(`${what}: ${how}`)}${held}; nothing was sent`;
}

/** Describes a file that passed the preflight. A stream has no name but the one it is given. */
export function checkedLine(result: CheckResult, name = basename(result.path)): string {
  const { bytes, purpose, lines, warningCount } = result;
  const size = lines === undefined ? '' : `, ${formatCount(lines, 'line')}`;
  const warnings = warningCount === 0 ? '' : `, ${formatCount(warningCount, 'warning')}`;
  return escapeControl(`${name}: valid for ${purpose}, ${formatBytes(bytes)}${size}${warnings}`);
}

/** Sums up a check of many files. */
export function checkedManyLine({
  files,
  purpose,
  checked,
  failed,
  skipped,
  warnings,
}: Readonly<Record<'files' | 'checked' | 'failed' | 'skipped' | 'warnings', number>> & {
  readonly purpose: string;
}): string {
  const words = [
    `${checked.toLocaleString('en')} of ${formatCount(files, 'file')} valid for ${purpose}`,
    ...formatCounts({ failed, skipped }),
    ...(warnings > 0 ? [formatCount(warnings, 'warning')] : []),
  ];
  return escapeControl(words.join(', '));
}

/** Counts the results of several uploads without keeping any of them. */
export function createTally(now: () => number) {
  const startedAt = now();
  const sum = { uploaded: 0, before: 0, failed: 0, stopped: 0, untried: 0, bytesSent: 0, retries: 0 };

  return {
    completed({ bytesSent, retries, alreadyUploaded }: UploadResult): void {
      sum.uploaded += 1;
      sum.bytesSent += bytesSent;
      sum.retries += retries;
      // An earlier run of the job has sent all of it, or another push of the same bytes.
      if (alreadyUploaded || bytesSent === 0) sum.before += 1;
    },
    failed({ error, wasSkipped }: { readonly error: UploadError; readonly wasSkipped?: boolean }): void {
      if (wasSkipped) sum.untried += 1;
      else if (error.code === 'interrupted') sum.stopped += 1;
      else sum.failed += 1;
    },
    untried(count: number): void {
      sum.untried += count;
    },
    /** `of` is the number of files that were asked for, when it is known. */
    line(of?: number): string {
      const { uploaded, before, failed, stopped, untried, bytesSent } = sum;
      const counts = [
        of === undefined
          ? `${formatCount(uploaded, 'file')} uploaded`
          : `${uploaded.toLocaleString('en')} of ${of.toLocaleString('en')} files uploaded`,
        ...formatCounts({ 'of them before': before, failed, stopped }),
        ...(untried > 0 ? [`${of === undefined ? 'the rest' : untried.toLocaleString('en')} not tried`] : []),
      ];
      if (bytesSent === 0) return counts.join(', ');

      const milliseconds = now() - startedAt;
      const speed = `${formatBytes(bytesSent / Math.max(milliseconds / 1000, 0.001))}/s`;
      const sent = `${formatBytes(bytesSent)} in ${formatDuration(milliseconds)}`;
      return `${counts.join(', ')}: ${[sent, speed, ...formatRetryCounts(sum)].join(', ')}`;
    },
  };
}

/** Describes an upload that has a file now. */
export function endLine(result: UploadResult): string {
  if (result.alreadyUploaded) return uploadedBeforeLine(result);

  const name = escapeControl(result.filename);
  if (result.bytesSent === 0) return `${name}: ${escapeControl(result.fileId)}, nothing left to send`;

  const speed = `${formatBytes(result.bytesSent / Math.max(result.seconds, 0.001))}/s`;
  const sent = `${formatBytes(result.bytesSent)} in ${formatDuration(result.seconds * 1000)}, ${speed}`;
  const resumed =
    result.partsResumed > 0 ? `, ${result.partsResumed} of ${result.parts} parts were already uploaded` : '';
  const retries = formatRetryCounts(result).map((word) => `, ${word}`);
  const limit = result.bottleneck === null ? '' : `, limited by ${LIMITERS[result.bottleneck]}`;

  return `${name}: ${escapeControl(result.fileId)}, ${sent}${resumed}${retries.join('')}${limit}`;
}

/** The server's file may come from another file with the same bytes, and have that file's name. */
function uploadedBeforeLine({ path, filename, fileId }: UploadResult): string {
  const name = path === '-' ? filename : basename(path);
  const as = name === filename ? '' : ` as ${escapeControl(filename)}`;
  return `${escapeControl(name)}: ${escapeControl(fileId)}, uploaded before${as}, nothing was sent`;
}

const LIMITERS: Readonly<Record<Bottleneck, string>> = {
  network: 'the network',
  server: 'the server',
  disk: 'the disk',
  md5: 'the MD5',
  'limit-rate': '--limit-rate',
};

/** Describes a file that is split. */
export function splitLine({ path, pieces }: Extract<UploadEvent, { type: 'split' }>): string {
  const lines = pieces.reduce((sum, piece) => sum + piece.lines, 0).toLocaleString('en');
  return escapeControl(`${basename(path)}: ${lines} requests in ${formatCount(pieces.length, 'file')}`);
}

/** Says what a push would do with one piece of a file. */
export function piecePlanLine(plan: PushPlan & { readonly fileId?: string | null }, piece: Piece): string {
  const { continues, partsResumed, parts, fileId } = plan;
  const is = [
    `${formatCount(piece.lines, 'request')} of lines ${piece.firstLine} to ${piece.lastLine}`,
    formatBytes(piece.bytes),
  ];
  const [model, url] = [piece.model ?? 'no model', piece.url ?? 'no url'];
  const isContinued =
    continues === null ? '' : `: continuing ${continues}, ${partsResumed} of ${parts} parts already uploaded`;
  const how = fileId == null ? isContinued : `: done already, ${fileId}`;
  return escapeControl(`${piece.filename}: ${is.join(', ')}, ${model} at ${url}${how}`);
}

/** Sums up the pieces of a file. */
export function splitPlanLine({ path, bytes, lines, pieces }: SplitPlan): string {
  const what = `${formatBytes(bytes)}, ${formatCount(lines, 'line')}`;
  return escapeControl(
    `${basename(path)}: ${what}, in ${formatCount(pieces.length, 'file')}; nothing was sent`,
  );
}
