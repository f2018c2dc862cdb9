import { basename } from 'node:path';
import type { Bottleneck, UploadResult } from '../model/upload.ts';
import { escapeControl } from './escape-control.ts';
import { formatBytes, formatDuration } from './format.ts';
import { formatRetryCounts } from './lines.ts';

/** What came of an upload that has a file now. */
export function endLine(result: UploadResult): string {
  if (result.alreadyUploaded) return uploadedBeforeLine(result);
  const name = escapeControl(result.filename);
  if (result.bytesSent === 0) return `${name}: ${escapeControl(result.fileId)}, nothing left to send`;
  const speed = `${formatBytes(result.bytesSent / Math.max(result.seconds, 0.001))}/s`;
  const sent = `${formatBytes(result.bytesSent)} in ${formatDuration(result.seconds * 1000)}, ${speed}`;
  const resumed =
    result.partsResumed > 0 ? `, ${result.partsResumed} of ${result.parts} parts were there already` : '';
  const retries = formatRetryCounts(result).map((word) => `, ${word}`);
  const limit = result.bottleneck === null ? '' : `, limited by ${LIMITERS[result.bottleneck]}`;
  return `${name}: ${escapeControl(result.fileId)}, ${sent}${resumed}${retries.join('')}${limit}`;
}

/** The file may have been made from another one of the same bytes, and be called so. */
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
