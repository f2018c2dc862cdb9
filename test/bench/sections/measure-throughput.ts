import { rm } from 'node:fs/promises';
import { join } from 'node:path';
import { splitFile, writeRandomFile } from '../run/bench-files.ts';
import { interleave, type Outcome } from '../run/interleave.ts';
import { median } from '../run/median.ts';
import type { Row, SectionResult } from '../section-result.ts';
import { GIB, MIB, type Stage } from '../stage.ts';
import { CURL, MD5SUM_THEN_CURL, type SinkRun, throughputContenders } from './throughput-contenders.ts';

/** What the official SDKs send, and the most the API takes. */
const PEER_PART_BYTES = 64 * MIB;

/** One big file, warm in the page cache, through every contender. */
export async function measureThroughput(stage: Stage): Promise<SectionResult> {
  const { sizeBytes } = stage;
  const path = join(stage.folder, 'throughput.bin');
  stage.say(`writing ${sizeBytes / MIB} MiB of random bytes`);
  await writeRandomFile(path, sizeBytes);
  const parts = await splitFile(path, sizeBytes, PEER_PART_BYTES);
  const contenders = throughputContenders(stage, { path, parts, partBytes: PEER_PART_BYTES });
  const outcomes = await interleave(contenders, stage);
  for (const file of [path, ...parts]) await rm(file);
  const seconds = (name: string) =>
    median(outcomes.find((outcome) => outcome.name === name)?.runs.map((run) => run.seconds) ?? []);
  const floorSeconds = seconds('md5sum');
  const ours = outcomes.filter(({ name }) => name.startsWith('ours'));
  return {
    name: 'throughput',
    title: `Throughput, ${sizeBytes / MIB} MiB, page cache warm`,
    notes: [
      'After every run the sink confirms that it got exactly the file. What it costs stands in the last column; it shares the cores with the contender.',
      'openai: the official package, 64 MiB parts, no MD5.',
      'curl: 64 MiB parts, a process for each. It cannot send a range of a file, so dd pipes it in; "split before" has the parts as files already, which took nobody any time here.',
    ],
    rows: outcomes.map((outcome) => rowOf(outcome, sizeBytes, floorSeconds)),
    figures: {
      pushToMd5sum: seconds('ours') / floorSeconds,
      pushToCurlAfterMd5sum: seconds('ours') / seconds(MD5SUM_THEN_CURL),
      pushWithoutMd5ToCurl: seconds('ours --no-md5') / seconds(CURL),
      peakMB: Math.max(...ours.flatMap(({ runs }) => runs.map(peakMBOf))),
    },
  };
}

function rowOf({ name, runs, note }: Outcome<SinkRun>, sizeBytes: number, floorSeconds: number): Row {
  const walls = runs.map(({ seconds }) => seconds);
  const perGiB = (seconds: (run: SinkRun) => number | null) =>
    orNull(median(runs.map((run) => seconds(run) ?? Number.NaN)) / (sizeBytes / GIB));
  return {
    contender: name,
    wallSeconds: orNull(median(walls)),
    fastest: orNull(Math.min(...walls)),
    slowest: orNull(Math.max(...walls)),
    cpuSecondsPerGiB: perGiB(({ cpuSeconds }) => cpuSeconds),
    peakMB: orNull(Math.max(...runs.map(peakMBOf))),
    ratioToMd5sum: orNull(median(walls) / floorSeconds),
    sinkCpuSecondsPerGiB: perGiB(({ sinkCpuSeconds }) => sinkCpuSeconds),
    note,
    walls,
  };
}

function peakMBOf({ peakBytes }: SinkRun): number {
  return peakBytes === null ? Number.NaN : peakBytes / 1e6;
}

/** What was not measured is nothing, not a number that is none. */
export function orNull(value: number): number | null {
  return Number.isFinite(value) ? value : null;
}
