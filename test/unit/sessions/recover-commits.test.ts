import { createHash } from 'node:crypto';
import {
  chmodSync,
  chownSync,
  mkdirSync,
  readdirSync,
  readFileSync,
  renameSync,
  rmSync,
  writeFileSync,
} from 'node:fs';
import { dirname, join } from 'node:path';
import { setImmediate } from 'node:timers/promises';
import { expect, it } from 'vitest';
import { takeFileLock } from '../../../src/lock/acquire.ts';
import { thisOwner } from '../../../src/lock/owner.ts';
import { systemClock } from '../../../src/model/clock.ts';
import { openCommitLog } from '../../../src/sessions/commit-log.ts';
import { openStore } from '../../../src/sessions/open-store.ts';
import { recoverCommits } from '../../../src/sessions/recover-commits.ts';
import { createFakeClock } from '../../helpers/fake-clock.ts';
import { lacks } from '../../helpers/lacks.ts';
import { temporaryFolder } from '../../helpers/temporary.ts';

const FILES = 64;
/** No process has this id: it is above Linux's largest. */
const DEAD = 2 ** 22 + 1;
const NOBODY = 65_534;

/** A state directory with the log of a process that a power cut has ended before all was written. */
async function setUp() {
  const directory = join(await temporaryFolder(), 'state');
  const jobs = join(directory, 'jobs');
  mkdirSync(jobs, { recursive: true });
  const names = Array.from({ length: FILES }, (_, index) => `upload_${index}.json`);
  const lines = names.map((path, index) => ({ path, text: `{"index":${index}}`, of: null }));
  writeFileSync(join(jobs, 'dead.commits'), lines.map((line) => `${JSON.stringify(line)}\n`).join(''));

  return {
    directory,
    jobs,
    names,
    read: (name: string) => readFileSync(join(directory, name), 'utf8'),
    saved: () => readdirSync(directory).filter((name) => name.endsWith('.json')),
  };
}

it('writes what a log has and the files do not, but nothing over a change of somebody else', async () => {
  const { directory, jobs, names, read, saved } = await setUp();
  writeFileSync(join(directory, 'upload_1.json'), '');
  writeFileSync(join(directory, 'upload_2.json'), '{"index":"other"}');

  await recoverCommits(directory, systemClock);

  expect(saved().toSorted()).toEqual(names.toSorted());
  expect([0, 1, 2].map((index) => read(`upload_${index}.json`))).toEqual([
    '{"index":0}',
    '{"index":1}',
    '{"index":"other"}',
  ]);
  expect(readdirSync(jobs)).toEqual([]);
});

it('stops when the signal aborts, and leaves the log for the next run', async () => {
  const { directory, jobs, saved } = await setUp();
  const stop = new AbortController();
  const stopped = recoverCommits(directory, systemClock, stop.signal);
  await setImmediate();
  stop.abort(new Error('enough'));

  await expect(stopped).rejects.toThrow('enough');
  expect(saved().length).toBeLessThan(FILES);
  expect(readdirSync(jobs)).toEqual(['dead.commits']);

  await recoverCommits(directory, systemClock);
  expect(saved()).toHaveLength(FILES);
});

it('stops when the signal aborts while a lock of a dead process is taken over', async () => {
  const { directory, jobs, saved } = await setUp();
  writeFileSync(join(directory, 'upload_0.lock'), JSON.stringify({ ...thisOwner(), pid: DEAD }));
  const stop = new AbortController();
  const { store } = openStore({ stateDir: directory, signal: stop.signal }, systemClock);

  const stopped = store.lock('upload_0');
  await setImmediate();
  stop.abort(new Error('enough'));

  await expect(stopped).rejects.toThrow('enough');
  expect(saved().length).toBeLessThan(FILES);
  expect(readdirSync(jobs)).toEqual(['dead.commits']);
  expect(readdirSync(directory)).not.toContain('upload_0.lock');
});

it('returns only when all is recovered, also where another has begun to', async () => {
  const { directory, jobs, saved } = await setUp();
  writeFileSync(join(jobs, 'dead.commits.lock'), JSON.stringify({ ...thisOwner(), pid: DEAD }));
  const counts = await Promise.all(
    [1, 2].map(async () => {
      await recoverCommits(directory, systemClock);
      return saved().length;
    }),
  );
  expect(counts).toEqual([FILES, FILES]);
  expect(readdirSync(jobs)).toEqual([]);
});

it('waits for another process that recovers, as long as a minute', async () => {
  const { directory, jobs, saved } = await setUp();
  const clock = createFakeClock(Date.now());
  const other = takeFileLock(join(jobs, 'recovery.lock'), clock);
  if (!('release' in other)) throw new Error('it is locked');

  const waiting = recoverCommits(directory, clock);
  await expect(clock.runUntilSettled(waiting)).rejects.toMatchObject({ code: 'session_locked' });
  expect(saved()).toEqual([]);

  const next = recoverCommits(directory, clock);
  await clock.advance(1000);
  await other.release();
  await clock.runUntilSettled(next);
  expect(saved()).toHaveLength(FILES);
});

it('leaves alone the log of a process that is alive', async () => {
  const { directory, jobs, saved } = await setUp();
  const writer = takeFileLock(join(jobs, 'dead.commits.lock'), systemClock);
  await recoverCommits(directory, systemClock);
  expect(saved()).toEqual([]);
  if ('release' in writer) await writer.release();
});

it('ignores the end of a log that was cut off', async () => {
  const { directory, jobs, saved } = await setUp();
  const log = join(jobs, 'dead.commits');
  const whole = readFileSync(log, 'utf8');
  writeFileSync(log, whole.slice(0, whole.indexOf('\n') + 20));
  await recoverCommits(directory, systemClock);
  expect(saved()).toEqual(['upload_0.json']);
});

// Only root can act as another user.
it.runIf(process.geteuid?.() === 0)('recovers its own log beside one that it may not read', async () => {
  const { directory, jobs, saved } = await setUp();
  const others = ['a.commits', 'b.commits', 'b.commits.lock'];
  for (const name of others) writeFileSync(join(jobs, name), '{', { mode: 0o600 });
  chmodSync(dirname(directory), 0o755);
  for (const path of [directory, jobs, join(jobs, 'dead.commits')]) chownSync(path, NOBODY, NOBODY);

  process.seteuid?.(NOBODY);
  try {
    await recoverCommits(directory, systemClock);
  } finally {
    process.seteuid?.(0);
  }

  expect(saved()).toHaveLength(FILES);
  expect(readdirSync(jobs).toSorted()).toEqual(others);
});

it('ignores what other files have left in the place of the end of a log', async () => {
  const { directory, jobs, saved } = await setUp();
  const log = join(jobs, 'dead.commits');
  const [first = ''] = readFileSync(log, 'utf8').split('\n');

  for (const rest of ['5', 'null', '[]', '{}', '{"path":5,"text":""}', '{"path":"a.json","text":5}']) {
    writeFileSync(log, `${first}\n${rest}\n`);
    await recoverCommits(directory, systemClock);
    expect([saved(), readdirSync(jobs)]).toEqual([['upload_0.json'], []]);
  }
});

it('recovers the files of one log together, since a later one goes on from the earlier ones', async () => {
  const { directory, jobs, read, saved } = await setUp();
  const digest = createHash('sha256').update('{"index":5}').digest('hex').slice(0, 32);
  const later = [
    { path: 'upload_5.json', text: '{"index":"later"}', of: digest },
    { path: 'upload_6.json', text: null, of: null },
  ];
  renameSync(join(jobs, 'dead.commits'), join(jobs, 'dead-000001.commits'));
  writeFileSync(join(jobs, 'dead-000002.commits'), later.map((line) => `${JSON.stringify(line)}\n`).join(''));

  await recoverCommits(directory, systemClock);

  expect(read('upload_5.json')).toBe('{"index":"later"}');
  expect(saved()).not.toContain('upload_6.json');
  expect(readdirSync(jobs)).toEqual([]);
});

it('sorts the files of a log by name in the order in which they are begun', async () => {
  const directory = join(await temporaryFolder(), 'state');
  const log = openCommitLog(directory, systemClock, 1);
  const begun = new Set<string>();

  for (let count = 0; count < 8; count += 1) {
    await log.write(join(directory, `upload_${count}.json`), '{}');
    const names = readdirSync(join(directory, 'jobs')).filter((name) => name.endsWith('.commits'));
    for (const name of names.sort()) begun.add(name);
  }
  await log.close();

  expect([...begun]).toEqual([...begun].sort());
  expect(begun.size).toBeGreaterThan(4);
});

it.skipIf(lacks('openfiles'))('is no failure when a log that is done with cannot be deleted', async () => {
  const directory = join(await temporaryFolder(), 'state');
  const log = openCommitLog(directory, systemClock);
  await log.write(join(directory, 'upload_1.json'), '{}');
  const [segment = ''] = readdirSync(join(directory, 'jobs')).filter((name) => name.endsWith('.commits'));
  for (const path of [segment, `${segment}.lock`].map((name) => join(directory, 'jobs', name))) {
    rmSync(path);
    mkdirSync(path);
  }

  await log.close();

  expect(readFileSync(join(directory, 'upload_1.json'), 'utf8')).toBe('{}');
});
