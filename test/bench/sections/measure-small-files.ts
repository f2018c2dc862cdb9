import { join } from 'node:path';
import { writeRandomFile } from '../run/bench-files.ts';
import { interleave } from '../run/interleave.ts';
import { measureRun } from '../run/measure-run.ts';
import { median } from '../run/median.ts';
import { pushCommand } from '../run/our-command.ts';
import type { SectionResult } from '../section-result.ts';
import type { Stage } from '../stage.ts';
import { orNull } from './measure-throughput.ts';

const FILE_BYTES = 100_000;
const ANSWER_DELAY_MS = 30;
/** Each takes the better part of a minute, and waiting for answers varies little. */
const MAX_ROUNDS = 3;

/** One push of many small files to a server that takes its time to answer. */
export async function measureSmallFiles(stage: Stage): Promise<SectionResult> {
  const count = stage.isQuick ? 20 : 500;
  const paths = Array.from({ length: count }, (_, index) => join(stage.folder, `small-${index}.bin`));
  for (const path of paths) await writeRandomFile(path, FILE_BYTES);
  const run = async () => {
    await stage.sink.reset({ answerDelayMs: ANSWER_DELAY_MS });
    const measured = await measureRun(await pushCommand(stage, paths), stage.signal);
    const { completed } = await stage.sink.stats();
    if (completed !== count) throw new Error(`the sink has got ${completed} files of ${count}`);
    return measured;
  };
  const rounds = Math.min(stage.rounds, MAX_ROUNDS);
  const outcomes = await interleave([{ name: 'ours', run }], { ...stage, rounds });
  return {
    name: 'small',
    title: `${count} files of ${FILE_BYTES / 1000} KB, one push, every answer after ${ANSWER_DELAY_MS} ms`,
    notes: [
      `Three answers a file: one after the other they alone take ${(3 * count * ANSWER_DELAY_MS) / 1000} s.`,
    ],
    rows: outcomes.map(({ name, runs, note }) => {
      const walls = runs.map(({ seconds }) => seconds);
      return {
        contender: name,
        wallSeconds: orNull(median(walls)),
        filesPerSecond: orNull(count / median(walls)),
        cpuSeconds: orNull(median(runs.map(({ cpuSeconds }) => cpuSeconds ?? Number.NaN))),
        note,
        walls,
      };
    }),
    figures: {},
  };
}
