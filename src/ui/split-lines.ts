import { basename } from 'node:path';
import type { UploadEvent } from '../model/events.ts';
import type { Piece, SplitPlan } from '../model/piece.ts';
import type { PushPlan } from '../model/upload.ts';
import { escapeControl } from './escape-control.ts';
import { formatBytes } from './format.ts';

/** A file that is cut. */
export function splitLine({ path, pieces }: Extract<UploadEvent, { type: 'split' }>): string {
  const lines = pieces.reduce((sum, piece) => sum + piece.lines, 0).toLocaleString('en');
  const files = pieces.length === 1 ? '1 file' : `${pieces.length.toLocaleString('en')} files`;
  return escapeControl(`${basename(path)}: ${lines} requests in ${files}`);
}

/** What a push would do with one of the files that it is cut into. */
export function piecePlanLine(plan: PushPlan & { readonly fileId?: string | null }, piece: Piece): string {
  const { continues, partsResumed, parts, fileId } = plan;
  const is = [`${count(piece.lines, 'request')} of lines ${formatLines(piece)}`, formatBytes(piece.bytes)];
  const [model, url] = [piece.model ?? 'no model', piece.url ?? 'no url'];
  const isContinued =
    continues === null
      ? ''
      : `: continuing ${continues}, ${partsResumed} of ${parts} parts are there already`;
  const how = fileId == null ? isContinued : `: done already, ${fileId}`;
  return escapeControl(`${piece.filename}: ${is.join(', ')}, ${model} at ${url}${how}`);
}

/** What they come to. */
export function splitPlanLine({ path, bytes, lines, pieces }: SplitPlan): string {
  const what = `${formatBytes(bytes)}, ${count(lines, 'line')}`;
  return escapeControl(`${basename(path)}: ${what}, in ${count(pieces.length, 'file')}; nothing was sent`);
}

function formatLines({ firstLine, lastLine }: Piece): string {
  return `${firstLine} to ${lastLine}`;
}

function count(number: number, what: string): string {
  return `${number.toLocaleString('en')} ${what}${number === 1 ? '' : 's'}`;
}
