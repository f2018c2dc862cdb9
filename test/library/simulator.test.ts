import { expect, it } from 'vitest';
import { playScenarios } from '../helpers/simulation/play-scenarios.ts';

const SCENARIOS = 150;
const AGAIN = 40;

/** The same seeds each time. `npm run soak` plays others, for as long as you like. */
it('keeps every promise in scenarios of faults, kills, edits and a second process', async () => {
  const played = await playScenarios(1, (scenarios) => scenarios < SCENARIOS);

  expect(played.completed).toBeGreaterThan(SCENARIOS);
  expect(played.kills).toBeGreaterThan(SCENARIOS / 10);
  expect(played.failures).toBeGreaterThan(SCENARIOS / 10);
});

it('plays the same scenarios again from the same seeds', async () => {
  const play = async () => await playScenarios(1, (scenarios) => scenarios < AGAIN);

  expect(await play()).toEqual(await play());
});
