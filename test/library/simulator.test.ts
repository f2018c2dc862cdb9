import { execFile } from 'node:child_process';
import { writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { promisify } from 'node:util';
import { expect, it } from 'vitest';
import { playScenarios } from '../helpers/simulation/play-scenarios.ts';
import { temporaryFolder } from '../helpers/temporary.ts';

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

it('names the seed of a scenario that never ends, even if nothing else gets a turn', async () => {
  const watch = new URL('../helpers/simulation/watch-for-hang.ts', import.meta.url);
  const script = join(await temporaryFolder(), 'hang.ts');
  await writeFile(
    script,
    `import { watchForHang } from ${JSON.stringify(watch)};
const watch = watchForHang(500);
for (const seed of [16, 17]) watch.begin(seed);
for (;;) {}`,
  );

  const run = promisify(execFile)(process.execPath, ['--import', import.meta.resolve('tsx'), script]);

  await expect(run).rejects.toMatchObject({
    // Windows has no signals.
    signal: process.platform === 'win32' ? null : 'SIGKILL',
    stderr: expect.stringContaining('--seed 17): the scenario does not end'),
  });
});
