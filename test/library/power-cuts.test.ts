import { execFileSync } from 'node:child_process';
import { cpSync, existsSync, readdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { expect, it, onTestFinished } from 'vitest';
import { systemClock } from '../../src/model/clock.ts';
import { openCommitLog } from '../../src/sessions/commit-log.ts';
import { lacks } from '../helpers/lacks.ts';
import { mayMount } from '../helpers/may-mount.ts';
import { certainAfter, statesAfter } from '../helpers/power-cut/crash-states.ts';
import { recordHistory } from '../helpers/power-cut/record-history.ts';
import { layOut, survivePowerCuts } from '../helpers/power-cut/survive-power-cuts.ts';
import { recordWork, WORKS } from '../helpers/power-cut/works.ts';
import { recordOf } from '../helpers/record.ts';
import { noPatience, recoveredSessionsIn, sessionsIn } from '../helpers/sessions.ts';
import { createRandom } from '../helpers/simulation/random.ts';
import { temporaryFolder } from '../helpers/temporary.ts';

/** `npm run soak` tries all of the states. */
const SHARES = { file: 0.02, stream: 0.015, job: 0.001, manifest: 0.001, split: 0.0006, prune: 0.004 };

it.skipIf(lacks('synced')).each(WORKS)(
  'brings the work of a %s to its end from what a power cut leaves',
  async (kind) => {
    const folder = await temporaryFolder();
    const random = createRandom(1);
    const { changes, states } = await survivePowerCuts({
      ...(await recordWork(folder, kind)),
      folder,
      random,
      samples: 2,
      share: SHARES[kind],
    });

    // Each of the ten parts is saved and synced.
    expect(changes).toBeGreaterThan(20);
    expect(states).toBeGreaterThan(10);
  },
);

/** Begun a little after one another, so that some share a sync, and some come too late for one. */
const SESSIONS = 8;

it.skipIf(lacks('synced'))(
  'saves sessions side by side: each change that has ended outlasts a power cut, with its index',
  async () => {
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
      for (const build of statesAfter(recorded, count, createRandom(count), 2)) {
        const left = build();
        // Without the mark, all records are read.
        if (!left.has('state/sources/complete')) continue;
        const hidden = entries.filter((path) => !left.has(path) && left.has(recordOfEntry(path)));
        expect(hidden).toEqual([]);
      }
    }
  },
);

/** In one file, or in a new one after each record. */
const LOG_BYTES = [8_000_000, 500];

it.skipIf(lacks('synced')).each(LOG_BYTES)(
  'brings back from the log of a job, in files of %d bytes, what a power cut has undone or spoiled',
  async (maxBytes) => {
    const folder = await temporaryFolder();
    const [state, place] = [join(folder, 'state'), join(await temporaryFolder(), 'left')];
    const ended: { readonly count: number; readonly name: string; readonly status: string }[] = [];
    let changes = 0;
    const history = await recordHistory(folder, (count) => {
      changes = count;
    });
    // One is older than the log.
    await (await sessionsIn(state).create(recordOf({ uploadId: 'upload_0' }), noPatience)).release();
    const begun = changes;
    const log = openCommitLog(state, systemClock, maxBytes);
    const sessions = sessionsIn(state);

    const saveOne = async (number: number) => {
      const uploadId = `upload_${number}`;
      for (let turn = 0; turn < number * 3; turn += 1) await new Promise((resolve) => setImmediate(resolve));
      const has = (status: string) => ended.push({ count: changes, name: uploadId, status });

      const session = await (number === 0
        ? sessions.open(uploadId, noPatience)
        : sessions.create(recordOf({ uploadId }), noPatience));
      has('pending');
      for (const status of ['completing', 'cancelled'] as const) {
        await session?.update({ status });
        has(status);
      }
      await session?.release();
    };
    await Promise.all([saveOne(0), saveOne(1)]);
    await log.close();
    expect(readdirSync(join(state, 'jobs'))).toEqual([]);

    const recorded = history();
    const order = ['pending', 'completing', 'cancelled'];
    const random = createRandom(1);
    let tried = 0;
    // Each state is laid out, which takes a while: a sample, but more of those with two files of the log.
    for (let count = begun; count <= changes; count += random.between(1, 13)) {
      const due = ended.filter((each) => each.count <= count);
      for (const build of statesAfter(recorded, count, createRandom(count), 0)) {
        const left = build();
        const logs = [...left.keys()].filter((path) => path.endsWith('.commits'));
        if (!random.chance(logs.length > 1 ? 0.15 : 0.04)) continue;
        tried += logs.length > 1 ? 1 : 0;
        rmSync(place, { recursive: true, force: true });
        // The locks of this process would count: it is alive.
        layOut(new Map([...left].filter(([path]) => !path.endsWith('.lock'))), place);

        const found = await recoveredSessionsIn(join(place, 'state'));
        for (const { name, status } of due) {
          const saved = await found.read(name);
          expect(order.indexOf(saved?.record.status ?? '')).toBeGreaterThanOrEqual(order.indexOf(status));
        }
        const { sessions: all, unusable } = await found.list();
        expect(unusable).toEqual([]);
        for (const { record } of all)
          expect((await found.find(record)).sessions.map((each) => each.record.uploadId)).toContain(
            record.uploadId,
          );
      }
    }
    if (maxBytes < 1000) expect(tried).toBeGreaterThan(5);
  },
);

it('leaves alone what somebody has changed since it was logged', async () => {
  const state = join(await temporaryFolder(), 'state');
  const sessions = sessionsIn(state);
  openCommitLog(state, systemClock);
  const session = await sessions.create(recordOf({ uploadId: 'upload_1' }), noPatience);
  const [log = ''] = readdirSync(join(state, 'jobs')).filter((name) => name.endsWith('.commits'));
  await session.release();

  // As a process on another machine does, while this one is gone.
  const place = `${state}-of-another`;
  cpSync(state, place, { recursive: true, filter: (path) => !path.endsWith('.lock') });
  const path = join(place, 'upload_1.json');
  writeFileSync(path, readFileSync(path, 'utf8').replace('"pending"', '"cancelled"'));

  const saved = await (await recoveredSessionsIn(place)).read('upload_1');
  expect(saved?.record.status).toBe('cancelled');
  expect(existsSync(join(place, 'jobs', log))).toBe(false);
});

it.skipIf(!mayMount())(
  'reads what is saved where nothing can be recovered, and recovers it later',
  async () => {
    const state = join(await temporaryFolder(), 'state');
    openCommitLog(state, systemClock);
    const session = await sessionsIn(state).create(recordOf({ uploadId: 'upload_1' }), noPatience);
    await session.release();
    const place = await temporaryFolder();
    const logs = () => readdirSync(join(place, 'jobs')).filter((name) => name.endsWith('.commits'));
    const mount = (...args: string[]) => execFileSync('mount', args);
    mount('-t', 'tmpfs', '-o', 'size=1m', 'tmpfs', place);
    onTestFinished(() => void execFileSync('umount', ['-l', place]));
    cpSync(state, place, { recursive: true, filter: (path) => !path.endsWith('.lock') });

    mount('-o', 'remount,ro', place);
    expect((await (await recoveredSessionsIn(place)).list()).sessions).toHaveLength(1);
    expect(logs()).toHaveLength(1);

    mount('-o', 'remount,rw', place);
    expect((await (await recoveredSessionsIn(place)).list()).sessions).toHaveLength(1);
    expect(logs()).toEqual([]);
  },
);

function recordOfEntry(path: string): string {
  return `state/${path.slice(path.lastIndexOf('.') + 1)}.json`;
}
