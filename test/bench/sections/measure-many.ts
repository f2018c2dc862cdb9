import { mkdir, mkdtemp, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { type Command, measureRun } from '../run/measure-run.ts';
import { ourCommand } from '../run/our-command.ts';
import type { SectionResult } from '../section-result.ts';
import type { Stage } from '../stage.ts';

const FILE_BYTES = 1000;
const FILES_IN_A_FOLDER = 1000;
const ANSWER_DELAY_MS = 30;

/** What the state directory of a job costs at least: opening, reading and parsing each record. */
const READ_ALL = `
  const { openSync, readSync, closeSync, readdirSync } = require('node:fs');
  const buffer = Buffer.alloc(65536);
  for (const name of readdirSync('.').filter((each) => each.endsWith('.json'))) {
    const file = openSync(name);
    JSON.parse(buffer.toString('utf8', 0, readSync(file, buffer)));
    closeSync(file);
  }`;

/** A job of very many small files, and what its records cost what comes after it. */
export async function measureMany(stage: Stage): Promise<SectionResult> {
  const { folder, sink, signal, say } = stage;
  const [count, few] = stage.isQuick ? [200, 20] : [100_000, 2000];
  await writeFiles(join(folder, 'many'), count);
  await writeFiles(join(folder, 'few'), few);
  await sink.reset();

  const stateDir = await mkdtemp(join(folder, 'many-state-'));
  const emptyDir = await mkdtemp(join(folder, 'few-state-'));
  const pushOf = (files: string, state: string, ...more: string[]) =>
    ourCommand(stage, ['push', files, '--recursive', '--purpose', 'vision', '--quiet', ...more], {
      stateDir: state,
    });
  const job = pushOf('many', stateDir, '--manifest', 'many.jsonl');
  const reading = { command: process.execPath, args: ['-e', READ_ALL], cwd: stateDir };
  const steps: readonly (readonly [string, number, Command])[] = [
    [`${few} files, no records`, few, pushOf('few', emptyDir)],
    [`a job of ${count} files`, count, job],
    [`${few} files beside its records`, few, pushOf('few', stateDir)],
    ['the job again, with --manifest', count, job],
    ['Node: reads the records', count, reading],
    ['list', count, ourCommand(stage, ['list'], { stateDir })],
    ['prune', count, ourCommand(stage, ['prune', '--quiet'], { stateDir })],
  ];

  const measure = async ([contender, files, command]: (typeof steps)[number]) => {
    say(contender);
    const { seconds, cpuSeconds, peakBytes } = await measureRun(command, signal);
    const cpuMsPerFile = cpuSeconds === null ? null : (1000 * cpuSeconds) / files;
    const filesPerSecond = files / seconds;
    return { contender, wallSeconds: seconds, filesPerSecond, cpuSeconds, cpuMsPerFile, peakBytes };
  };

  const rows = [];
  for (const step of steps) rows.push(await measure(step));
  const { completed } = await sink.stats();
  if (completed !== count + 2 * few) throw new Error(`the sink has got ${completed} files`);

  await sink.reset({ answerDelayMs: ANSWER_DELAY_MS });
  const lateDir = await mkdtemp(join(folder, 'late-state-'));
  const late = `${few} files, every answer after ${ANSWER_DELAY_MS} ms`;
  rows.push(await measure([late, few, pushOf('few', lateDir)]));
  const [beside, alone] = [rows[2]?.cpuMsPerFile ?? Number.NaN, rows[0]?.cpuMsPerFile ?? Number.NaN];
  return {
    name: 'many',
    title: `a job of ${count} files of ${FILE_BYTES / 1000} KB, once`,
    notes: [`A file beside the records of the job costs ${(beside / alone).toFixed(2)} times as much CPU.`],
    rows,
    figures: {},
  };
}

async function writeFiles(folder: string, count: number): Promise<void> {
  for (let index = 0; index < count; index += 1) {
    const place = join(folder, String(Math.floor(index / FILES_IN_A_FOLDER)));
    if (index % FILES_IN_A_FOLDER === 0) await mkdir(place, { recursive: true });
    await writeFile(join(place, `${index}.bin`), Buffer.alloc(FILE_BYTES, `${folder}${index} `));
  }
}
