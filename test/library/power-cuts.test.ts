import { expect, it } from 'vitest';
import { recordPush } from '../helpers/power-cut/recorded-push.ts';
import { survivePowerCuts } from '../helpers/power-cut/survive-power-cuts.ts';
import { createRandom } from '../helpers/simulation/random.ts';
import { temporaryFolder } from '../helpers/temporary.ts';

/** `npm run soak` tries all of the states. */
const SHARE = 0.07;

it.each(['file', 'stream'] as const)('brings a %s to its end from what a power cut leaves', async (kind) => {
  const folder = await temporaryFolder();
  const recording = await recordPush(folder, kind);
  const random = createRandom(1);
  const { changes, states } = await survivePowerCuts({
    ...recording,
    folder,
    random,
    samples: 2,
    share: SHARE,
  });

  // Each of the ten parts is saved and synced.
  expect(changes).toBeGreaterThan(20);
  expect(states).toBeGreaterThan(10);
});
