import { join } from 'node:path';
import { expect, it } from 'vitest';
import { makeFile } from '../helpers/make-file.ts';
import { recordPush } from '../helpers/power-cut/recorded-push.ts';
import { survivePowerCuts } from '../helpers/power-cut/survive-power-cuts.ts';
import { createRandom } from '../helpers/simulation/random.ts';
import { temporaryFolder } from '../helpers/temporary.ts';

const PARTS = 10;
const PART_BYTES = 1000;

/** `npm run soak` tries all of the states. */
it('comes to the exact file from what a power cut leaves after any change', async () => {
  const folder = await temporaryFolder();
  const source = join(folder, 'a.bin');
  const md5 = await makeFile(source, PARTS * PART_BYTES);
  const recorded = await recordPush(folder, source, PART_BYTES);

  const random = createRandom(1);
  const { changes, states } = await survivePowerCuts({
    recorded,
    source,
    md5,
    partBytes: PART_BYTES,
    folder,
    random,
    samples: 2,
    share: 0.1,
  });

  // Each part is saved with a change of its own.
  expect(changes).toBeGreaterThan(2 * PARTS);
  expect(states).toBeGreaterThan(20);
});
