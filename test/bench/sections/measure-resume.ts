import { cp, mkdtemp, rm } from 'node:fs/promises';
import { join } from 'node:path';
import { writeSparseFile } from '../run/bench-files.ts';
import { interleave } from '../run/interleave.ts';
import { measureRun } from '../run/measure-run.ts';
import { median } from '../run/median.ts';
import { ourCommand } from '../run/our-command.ts';
import type { SectionResult } from '../section-result.ts';
import { GIB, type Stage } from '../stage.ts';
import { completedSession } from './completed-session.ts';
import { heldSession } from './held-session.ts';
import { orNull } from './measure-throughput.ts';

const PART_BYTES = 64_000_000;
const STARTUP = 'resume of a completed session';
const VARIANTS = [
  { name: 'with MD5', flags: [] },
  { name: '--no-md5', flags: ['--no-md5'] },
] as const;

/** A file nearly all of which is sent: how soon the rest leaves, and how long it takes to the end. */
export async function measureResume(stage: Stage): Promise<SectionResult> {
  const bytes = stage.isQuick ? GIB / 2 : 8 * GIB;
  const path = join(stage.folder, 'resume.bin');
  const small = join(stage.folder, 'resume-small.bin');
  await writeSparseFile(path, bytes);
  await writeSparseFile(small, 1000);
  const done = await completedSession(stage, small);
  const startup = {
    name: STARTUP,
    run: () => timed(stage, ourCommand(stage, ['resume', done.uploadId], { stateDir: done.stateDir })),
  };
  const contenders = [startup];
  for (const { name, flags } of VARIANTS) {
    stage.say(`sending all but one part of ${bytes / GIB} GiB, ${name}`);
    const held = {
      path,
      parts: Math.ceil(bytes / PART_BYTES),
      flags: [...flags, '--part-size', `${PART_BYTES}`],
    };
    const session = await heldSession(stage, held);
    contenders.push({ name, run: () => resumeCopy(stage, session) });
  }
  const outcomes = await interleave(contenders, stage);
  await rm(path);
  const medianOf = (name: string, value: (run: ResumeRun) => number | null) =>
    median(
      outcomes.find((outcome) => outcome.name === name)?.runs.map((run) => value(run) ?? Number.NaN) ?? [],
    );
  const startupSeconds = medianOf(STARTUP, ({ seconds }) => seconds);
  const firstAfterStartup = (name: string) =>
    medianOf(name, ({ firstByteSeconds }) => firstByteSeconds) - startupSeconds;
  return {
    name: 'resume',
    title: `Resume of ${bytes / GIB} GiB (sparse) with one part of 64 MB missing`,
    notes: [
      `First byte: from the start of the process until the part's request is at the sink. Start-up, which is taken off it, is the whole time of a ${STARTUP}, which sends nothing.`,
    ],
    rows: outcomes.map(({ name, note }) => ({
      what: name,
      secondsToFirstByte: orNull(medianOf(name, ({ firstByteSeconds }) => firstByteSeconds)),
      afterStartup: orNull(firstAfterStartup(name)),
      secondsToEnd: orNull(medianOf(name, ({ seconds }) => seconds)),
      note,
    })),
    figures: { firstMissingPartSeconds: Math.max(...VARIANTS.map(({ name }) => firstAfterStartup(name))) },
  };
}

interface ResumeRun {
  readonly seconds: number;
  /** Null when nothing was sent. */
  readonly firstByteSeconds: number | null;
}

/** Every run starts from a copy of the same state; a lock that the kill has left is not part of it. */
async function resumeCopy(stage: Stage, session: { uploadId: string; stateDir: string }): Promise<ResumeRun> {
  const stateDir = await mkdtemp(join(stage.folder, 'resumed-'));
  await cp(session.stateDir, stateDir, { recursive: true, filter: (from) => !from.endsWith('.lock') });
  const run = await timed(stage, ourCommand(stage, ['resume', session.uploadId], { stateDir }));
  const { partRequests, completed } = await stage.sink.stats();
  if (partRequests !== 1 || completed !== 1)
    throw new Error(`${partRequests} parts were sent, ${completed} uploads completed`);
  return run;
}

async function timed(stage: Stage, command: ReturnType<typeof ourCommand>): Promise<ResumeRun> {
  await stage.sink.reset();
  const { seconds, startedAtMs } = await measureRun(command, stage.signal);
  const { lastPartAtMs } = await stage.sink.stats();
  return { seconds, firstByteSeconds: lastPartAtMs === null ? null : (lastPartAtMs - startedAtMs) / 1000 };
}
