import { rm } from 'node:fs/promises';
import { join } from 'node:path';
import { writeSparseFile } from '../run/bench-files.ts';
import { interleave } from '../run/interleave.ts';
import { measureRun } from '../run/measure-run.ts';
import { median } from '../run/median.ts';
import { pushCommand } from '../run/our-command.ts';
import type { SectionResult } from '../section-result.ts';
import { MIB, type Stage } from '../stage.ts';
import { orNull } from './measure-throughput.ts';

/** A push of the largest file takes half a minute, and memory varies little. */
const MAX_ROUNDS = 3;

/** Peak memory against the file's size, which must not matter. */
export async function measureMemory(stage: Stage): Promise<SectionResult> {
  const sizes = (stage.isQuick ? [16, 64] : [64, 512, 2048, 8192]).map((mebibytes) => mebibytes * MIB);
  const pathOf = (bytes: number) => join(stage.folder, `sparse-${bytes}.bin`);
  for (const bytes of sizes) await writeSparseFile(pathOf(bytes), bytes);
  const contenders = sizes.map((bytes) => ({
    name: `${bytes / MIB} MiB`,
    run: async () => measureRun(await pushCommand(stage, [pathOf(bytes)]), stage.signal),
  }));
  const outcomes = await interleave(contenders, { ...stage, rounds: Math.min(stage.rounds, MAX_ROUNDS) });
  for (const bytes of sizes) await rm(pathOf(bytes));
  const rows = outcomes.map(({ name, runs, note }) => {
    const peaksMB = runs.map(({ peakBytes }) => (peakBytes ?? Number.NaN) / 1e6);
    return {
      size: name,
      peakMB: orNull(median(peaksMB)),
      greatestPeakMB: orNull(Math.max(...peaksMB)),
      wallSeconds: orNull(median(runs.map(({ seconds }) => seconds))),
      note,
      peaksMB,
    };
  });
  return {
    name: 'memory',
    title: 'Memory against size, sparse files, default concurrency',
    notes: [],
    rows,
    figures: { peakMB: Math.max(...rows.flatMap(({ peaksMB }) => peaksMB)) },
  };
}
