import { basename } from 'node:path';
import type { UploadEvent } from '../model/events.ts';
import type { SplitPlan, SplitShard } from '../model/shard.ts';
import type { PushPlan } from '../model/upload.ts';
import { escapeControl } from './escape-control.ts';
import { formatBytes } from './format.ts';

/** A file that is cut. */
export function splitLine({ path, shards }: Extract<UploadEvent, { type: 'split' }>): string {
  const lines = shards.reduce((sum, shard) => sum + shard.lines, 0).toLocaleString('en');
  const files = shards.length === 1 ? '1 file' : `${shards.length.toLocaleString('en')} files`;
  return escapeControl(`${basename(path)}: ${lines} requests in ${files}`);
}

/** What a push would do with one of the files that it is cut into. */
export function shardPlanLine(
  plan: PushPlan & { readonly fileId?: string | null },
  shard: SplitShard,
): string {
  const { continues, partsResumed, parts, fileId } = plan;
  const is = [`${count(shard.lines, 'request')} of lines ${linesWord(shard)}`, formatBytes(shard.bytes)];
  const [model, url] = [shard.model ?? 'no model', shard.url ?? 'no url'];
  const isContinued =
    continues === null
      ? ''
      : `: continuing ${continues}, ${partsResumed} of ${parts} parts are there already`;
  const how = fileId == null ? isContinued : `: done already, ${fileId}`;
  return escapeControl(`${shard.filename}: ${is.join(', ')}, ${model} at ${url}${how}`);
}

/** What they come to. */
export function splitPlanLine({ path, bytes, lines, shards }: SplitPlan): string {
  const what = `${formatBytes(bytes)}, ${count(lines, 'line')}`;
  return escapeControl(`${basename(path)}: ${what}, in ${count(shards.length, 'file')}; nothing was sent`);
}

function linesWord({ firstLine, lastLine }: SplitShard): string {
  return `${firstLine} to ${lastLine}`;
}

function count(number: number, what: string): string {
  return `${number.toLocaleString('en')} ${what}${number === 1 ? '' : 's'}`;
}
