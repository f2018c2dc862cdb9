import { join } from 'node:path';
import { expect, it } from 'vitest';
import { certainAfter, statesAfter } from '../helpers/power-cut/crash-states.ts';
import { recordHistory } from '../helpers/power-cut/record-history.ts';
import { recordPush } from '../helpers/power-cut/recorded-push.ts';
import { survivePowerCuts } from '../helpers/power-cut/survive-power-cuts.ts';
import { recordOf } from '../helpers/record.ts';
import { noPatience, sessionsIn } from '../helpers/sessions.ts';
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

/** Begun a little after one another, so that some share a sync, and some come too late for one. */
const SESSIONS = 8;

it('saves sessions side by side: each change that has ended outlasts a power cut, with its index', async () => {
  const folder = await temporaryFolder();
  const sessions = sessionsIn(join(folder, 'state'));
  const ended: { readonly count: number; readonly path: string; readonly text: string }[] = [];
  let changes = 0;
  const history = await recordHistory(folder, (count) => {
    changes = count;
  });

  const saveOne = async (number: number) => {
    const uploadId = `upload_${number}`;
    const has = (text: string) => ended.push({ count: changes, path: `state/${uploadId}.json`, text });
    for (let turn = 0; turn < number * 3; turn += 1) await new Promise((resolve) => setImmediate(resolve));

    const session = await sessions.create(recordOf({ uploadId }), noPatience);
    has('"pending"');
    await session.update({ status: 'completing' });
    has('"completing"');
    await session.release();
  };
  await Promise.all(Array.from({ length: SESSIONS }, (_, number) => saveOne(number)));

  const recorded = history();
  for (const { count, path, text } of ended)
    expect(`${certainAfter(recorded, count).get(path)?.content}`).toContain(text);

  const entries = [...certainAfter(recorded, changes).keys()].filter((path) =>
    /^state.sources.+_/.test(path),
  );
  expect(entries).toHaveLength(SESSIONS * 2);
  for (let count = 1; count <= changes; count += 1) {
    for (const left of statesAfter(recorded, count, createRandom(count), 2)) {
      const hidden = entries.filter((path) => !left.has(path) && left.has(recordOfEntry(path)));
      expect(hidden).toEqual([]);
    }
  }
});

function recordOfEntry(path: string): string {
  return `state/${path.slice(path.lastIndexOf('.') + 1)}.json`;
}
