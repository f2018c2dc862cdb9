import { join } from 'node:path';
import { writeRandomFile } from '../run/bench-files.ts';
import { interleave } from '../run/interleave.ts';
import { type Command, measureRun } from '../run/measure-run.ts';
import { median } from '../run/median.ts';
import { ourCommand, pushCommand } from '../run/our-command.ts';
import type { SectionResult } from '../section-result.ts';
import type { Stage } from '../stage.ts';
import { completedSession } from './completed-session.ts';
import { orNull } from './measure-throughput.ts';

/** A start takes a fraction of a second and varies by a tenth of that, so it takes more of them. */
const MIN_ROUNDS = 15;
const NODE = 'node -e 0';

/**
 * How long small things take, against Node alone. Nothing but PATH, a home and our own variables is in
 * the environment.
 */
export async function measureStartup(stage: Stage): Promise<SectionResult> {
  const path = join(stage.folder, 'small.bin');
  await writeRandomFile(path, 1000);
  const { uploadId, stateDir } = await completedSession(stage, path);
  await stage.sink.reset();
  const contender = (name: string, command: () => Command | Promise<Command>) => ({
    name,
    run: async () => measureRun(await command(), stage.signal),
  });
  const contenders = [
    contender(NODE, () => ({ command: process.execPath, args: ['-e', '0'] })),
    contender('--version', () => ourCommand(stage, ['--version'])),
    contender('--help', () => ourCommand(stage, ['--help'])),
    contender('list of nothing', () => ourCommand(stage, ['list'], { stateDir: join(stage.folder, 'none') })),
    contender('status of a session', () => ourCommand(stage, ['status', uploadId], { stateDir })),
    contender('push of 1 KB', () => pushCommand(stage, [path])),
    contender('resume of a completed session', () => ourCommand(stage, ['resume', uploadId], { stateDir })),
  ];
  const rounds = stage.isQuick ? stage.rounds : Math.max(MIN_ROUNDS, stage.rounds);
  const outcomes = await interleave(contenders, { ...stage, rounds });
  const msOf = (name: string) =>
    median(
      outcomes.find((outcome) => outcome.name === name)?.runs.map(({ seconds }) => seconds * 1000) ?? [],
    );
  return {
    name: 'startup',
    title: `Start-up, ${rounds} rounds, the first of each without compiled code`,
    notes: ['`status`, and a `resume` of a completed session, read its record and ask no server.'],
    rows: outcomes.map(({ name, runs, note }) => ({
      what: name,
      milliseconds: orNull(msOf(name)),
      ratioToNode: orNull(msOf(name) / msOf(NODE)),
      cpuMilliseconds: orNull(median(runs.map(({ cpuSeconds }) => (cpuSeconds ?? Number.NaN) * 1000))),
      note,
      walls: runs.map(({ seconds }) => seconds),
    })),
    figures: {
      helpToNode: msOf('--help') / msOf(NODE),
      listToNode: msOf('list of nothing') / msOf(NODE),
      statusToNode: msOf('status of a session') / msOf(NODE),
      smallPushToNode: msOf('push of 1 KB') / msOf(NODE),
    },
  };
}
