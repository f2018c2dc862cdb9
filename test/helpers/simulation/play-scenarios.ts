import { playScenario, type Story } from './scenario.ts';
import { keepSourceInMemory } from './source-in-memory.ts';

export interface Scenarios extends Story {
  readonly scenarios: number;
  /** Each scenario's seed is one more than the one before. */
  readonly firstSeed: number;
}

/**
 * Plays one scenario after another, starting at a seed, while `goesOn` returns true for the number
 * of those played.
 * @throws Error of the first one that fails, with its seed
 */
export async function playScenarios(
  firstSeed: number,
  goesOn: (scenarios: number) => boolean,
): Promise<Scenarios> {
  const source = keepSourceInMemory();
  const { stackTraceLimit } = Error;
  // The story of a failure says more than its stack, which takes most of an abort's time.
  Error.stackTraceLimit = 0;
  let [scenarios, runs, completed, kills, failures] = [0, 0, 0, 0, 0];

  try {
    for (; goesOn(scenarios); scenarios += 1) {
      const story = await playScenario(firstSeed + scenarios, source);
      runs += story.runs;
      completed += story.completed;
      kills += story.kills;
      failures += story.failures;
    }
    return { firstSeed, scenarios, runs, completed, kills, failures };
  } finally {
    Error.stackTraceLimit = stackTraceLimit;
    source.end();
  }
}
