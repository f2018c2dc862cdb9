import { createHash } from 'node:crypto';
// The library loads these when it needs them. The first time would take longer than any other.
import '../../../src/job/read-job.ts';
import 'mime';
import { keepFilesInMemory } from './files-in-memory.ts';
import { playJob } from './job-scenario.ts';
import { playScenario, type Story } from './scenario.ts';
import { simulateIds } from './simulated-ids.ts';
import { simulateTurns } from './simulated-turns.ts';
import { playStream } from './stream-scenario.ts';
import { watchForHang } from './watch-for-hang.ts';

export interface Scenarios extends Omit<Story, 'log'> {
  readonly scenarios: number;
  /** Each scenario's seed is one more than the one before. */
  readonly firstSeed: number;
  /** Of all that happened, and when. The same seeds have the same. */
  readonly digest: string;
}

/** Of four seeds in a row. */
const SCENARIOS = [playJob, playScenario, playStream, playScenario] as const;

/**
 * Plays one scenario after another, starting at a seed, while `goesOn` returns true for the number
 * of those played.
 * @throws Error of the first one that fails, with its seed. One that takes a minute ends the process.
 */
export async function playScenarios(
  firstSeed: number,
  goesOn: (scenarios: number) => boolean,
): Promise<Scenarios> {
  // Before the files and turns are taken, which a thread needs to start.
  const hang = watchForHang();
  const [files, turns, ids] = [keepFilesInMemory(), simulateTurns(), simulateIds()];
  const { stackTraceLimit } = Error;
  // The story of a failure says more than its stack, which takes most of an abort's time.
  Error.stackTraceLimit = 0;
  const hash = createHash('md5');
  let [scenarios, runs, uploads, completed, kills, failures] = [0, 0, 0, 0, 0, 0];

  try {
    for (; goesOn(scenarios); scenarios += 1) {
      const seed = firstSeed + scenarios;
      hang.begin(seed);
      ids.restart();
      const play = SCENARIOS[seed % SCENARIOS.length] ?? playScenario;
      const story = await play(seed, { files, turns });
      runs += story.runs;
      uploads += story.uploads;
      completed += story.completed;
      kills += story.kills;
      failures += story.failures;
      hash.update(story.log.join('\n'));
    }
    return { firstSeed, scenarios, runs, uploads, completed, kills, failures, digest: hash.digest('hex') };
  } finally {
    Error.stackTraceLimit = stackTraceLimit;
    turns.end();
    files.end();
    ids.end();
    await hang.end();
  }
}
