import { rm } from 'node:fs/promises';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { interleave } from '../run/interleave.ts';
import { measureRun } from '../run/measure-run.ts';
import { median } from '../run/median.ts';
import { ourCommand } from '../run/our-command.ts';
import { writeJsonl } from '../run/write-jsonl.ts';
import type { SectionResult } from '../section-result.ts';
import type { Stage } from '../stage.ts';
import { orNull } from './measure-throughput.ts';

const PARSER = fileURLToPath(new URL('../contenders/parse-lines.js', import.meta.url));
const ENGLISH = 'It came late. ';
const FILES = [
  { name: 'lines of 200 bytes', lineBytes: 200, text: ENGLISH },
  { name: 'lines of 1 KB', lineBytes: 1000, text: ENGLISH },
  { name: 'lines of 1 KB, not in English', lineBytes: 1000, text: 'Käufer, 箱は開いて. ' },
  { name: 'lines of 20 MB', lineBytes: 20_000_000, text: ENGLISH },
];

/** How fast JSONL is checked, and in how much memory, whole runs with their start-up. */
export async function measurePreflight(stage: Stage): Promise<SectionResult> {
  const wanted = stage.isQuick ? 20_000_000 : 500_000_000;
  const files = [];
  for (const [index, file] of FILES.entries()) {
    stage.say(`writing ${file.name}`);
    const path = join(stage.folder, `check-${index}.jsonl`);
    // Fine-tuning wants ten lines at least.
    const lineBytes = Math.min(file.lineBytes, wanted / 20);
    files.push({ ...file, path, bytes: await writeJsonl(path, { ...file, bytes: wanted, lineBytes }) });
  }
  const contenders = files.flatMap(({ name, path, bytes }) => [
    contender(`check, ${name}`, bytes, ourCommand(stage, ['check', '--purpose', 'fine-tune', path]), stage),
    contender(
      `readline and JSON.parse, ${name}`,
      bytes,
      { command: process.execPath, args: [PARSER, path] },
      stage,
    ),
  ]);
  const outcomes = await interleave(contenders, stage);
  for (const { path } of files) await rm(path);
  const rows = outcomes.map(({ name, runs, note }) => ({
    contender: name,
    megabytesPerSecond: orNull(median(runs.map(({ speed }) => speed))),
    slowest: orNull(Math.min(...runs.map(({ speed }) => speed))),
    cpuSeconds: orNull(median(runs.map(({ cpuSeconds }) => cpuSeconds ?? Number.NaN))),
    peakMB: orNull(Math.max(...runs.map(({ peakBytes }) => (peakBytes ?? Number.NaN) / 1e6))),
    note,
    speeds: runs.map(({ speed }) => speed),
  }));
  const ours = rows.filter(({ contender }) => contender.startsWith('check'));
  return {
    name: 'preflight',
    title: `Preflight, ${wanted / 1e6} MB of JSONL, page cache warm`,
    notes: ['The other contender only parses each line; it does not look at what is in it.'],
    rows,
    figures: {
      checkedMBPerSecond: Math.min(...ours.map(({ megabytesPerSecond }) => megabytesPerSecond ?? Number.NaN)),
      checkPeakMB: Math.max(...ours.map(({ peakMB }) => peakMB ?? Number.NaN)),
    },
  };
}

function contender(name: string, bytes: number, command: Parameters<typeof measureRun>[0], stage: Stage) {
  return {
    name,
    run: async () => {
      const run = await measureRun(command, stage.signal);
      return { ...run, speed: bytes / 1e6 / run.seconds };
    },
  };
}
