import { existsSync, mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { readAtOnce } from './read-at-once.ts';
import { playScenario, type Story } from './scenario.ts';

/** Where files are in memory, on systems that have such a place. */
const MEMORY = '/dev/shm';

export interface Scenarios extends Story {
  readonly scenarios: number;
  /** Each seed is one more than the one before. */
  readonly firstSeed: number;
}

/**
 * Plays one scenario after another, from a seed on, while `goesOn` holds for the number of those
 * that are over.
 * @throws Error of the first that fails, with its seed
 */
export async function playScenarios(
  firstSeed: number,
  goesOn: (scenarios: number) => boolean,
): Promise<Scenarios> {
  const folder = mkdtempSync(join(existsSync(MEMORY) ? MEMORY : tmpdir(), 'openai-upload-simulation-'));
  const readAsBefore = readAtOnce();
  const { stackTraceLimit } = Error;
  // The story of a failure says more than its stack, and an abort costs most of its time for one.
  Error.stackTraceLimit = 0;
  let [scenarios, runs, completed, kills, failures] = [0, 0, 0, 0, 0];

  try {
    for (; goesOn(scenarios); scenarios += 1) {
      const story = await playScenario(firstSeed + scenarios, folder);
      runs += story.runs;
      completed += story.completed;
      kills += story.kills;
      failures += story.failures;
    }
    return { firstSeed, scenarios, runs, completed, kills, failures };
  } finally {
    Error.stackTraceLimit = stackTraceLimit;
    readAsBefore();
    rmSync(folder, { recursive: true, force: true });
  }
}
