import { playScenarios } from '../helpers/simulation/play-scenarios.ts';

/**
 * Plays scenarios from a seed on, one or for so many seconds, in a process of its own, and prints
 * their story as JSON.
 */
const [firstSeed = 0, seconds = 0] = process.argv.slice(2).map(Number);
const until = performance.now() + seconds * 1000;
console.log(
  JSON.stringify(await playScenarios(firstSeed, (played) => played === 0 || performance.now() < until)),
);
