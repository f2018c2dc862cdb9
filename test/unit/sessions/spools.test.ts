import { existsSync } from 'node:fs';
import { chown, mkdir, readdir, readFile, rename, symlink, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { describe, expect, it } from 'vitest';
import { thisOwner } from '../../../src/lock/owner.ts';
import { openStore } from '../../../src/sessions/open-store.ts';
import type { SessionRecord } from '../../../src/sessions/record.ts';
import { openSessions } from '../../../src/sessions/sessions.ts';
import { createFakeClock } from '../../helpers/fake-clock.ts';
import { lacks } from '../../helpers/lacks.ts';
import { recordOf } from '../../helpers/record.ts';
import { noPatience, sessionsIn } from '../../helpers/sessions.ts';
import { errorOf, temporaryFolder } from '../../helpers/temporary.ts';

const NAME = '01234567-89ab-cdef-0123-456789abcdef';
/** No process has this id: it is above Linux's largest. */
const DEAD = 2 ** 22 + 1;

/** A state directory with a spool that no process has, and with the sessions that name it. */
async function setUp(...changes: readonly Partial<SessionRecord>[]) {
  const directory = join(await temporaryFolder(), 'state');
  const sessions = sessionsIn(directory);
  for (const [index, change] of changes.entries()) {
    const record = recordOf({ uploadId: `upload_${index + 1}`, spool: NAME, ...change });
    await (await sessions.create(record, noPatience)).release();
  }
  const folder = join(directory, 'spool');
  await mkdir(folder, { recursive: true });
  const path = join(folder, NAME);
  await writeFile(path, 'bytes');
  return { directory, sessions, spools: sessions.spools, folder, path, isThere: () => existsSync(path) };
}

const completed = { status: 'completed', file: { id: 'file-1' } } as const;

describe('a spool', () => {
  it('is looked for beside its record, where the state directory has been moved to', async () => {
    const { sessions, path } = await setUp({ source: { ...recordOf().source, path: '/moved/from/spool' } });
    expect((await sessions.read('upload_1'))?.record.source.path).toBe(path);
  });

  it('is written by its process, and gone when it is released without a session', async () => {
    const { spools, folder } = await setUp();
    const spool = await spools.create();
    await spool.write(Buffer.from('ab'));
    await spool.write(Buffer.from('cd'));
    await spool.finish();
    expect(await readFile(spool.path, 'utf8')).toBe('abcd');
    expect((await spools.sweep({ dryRun: true })).orphans).toMatchObject([
      { path: join(folder, NAME), bytes: 5 },
    ]);
    await spool.release();
    expect(await readdir(folder)).toEqual([NAME]);
  });

  it('stays when it is released while a session may go on with it', async () => {
    const { sessions, spools } = await setUp();
    const spool = await spools.create();
    await (await sessions.create(recordOf({ spool: spool.name }), noPatience)).release();
    await spool.release();
    expect(existsSync(spool.path)).toBe(true);
    expect(existsSync(`${spool.path}.lock`)).toBe(false);
  });

  it.each<[string, readonly Partial<SessionRecord>[], boolean]>([
    ['is unfinished', [{}], true],
    ['may be complete', [{ status: 'completing' }], true],
    ['has expired and can be started over', [{ status: 'expired' }], true],
    [
      'has expired and was started over, while that goes on',
      [{ status: 'expired', restartedAs: 'upload_2' }, {}],
      true,
    ],
    [
      'was started over, and that is complete',
      [{ status: 'expired', restartedAs: 'upload_2' }, completed],
      false,
    ],
    ['is completed', [completed], false],
    ['is cancelled', [{ status: 'cancelled' }], false],
    ['is of another spool', [{ spool: NAME.replace('0', '1') }], false],
    ['is of a file', [{ spool: null }], false],
  ])('of a session that %s: kept %$', async (_, records, isKept) => {
    const dropped = await setUp(...records);
    await dropped.spools.drop(NAME);
    expect(dropped.isThere()).toBe(isKept);

    const swept = await setUp(...records);
    await swept.spools.sweep();
    expect(swept.isThere()).toBe(isKept);
  });

  it('is dropped by the session that gives it up, and kept for another', async () => {
    const { spools, isThere } = await setUp({ status: 'expired' }, {});
    await spools.drop(NAME, 'upload_1');
    expect(isThere()).toBe(true);
    await spools.drop(NAME, 'upload_2');
    expect(isThere()).toBe(true);

    const alone = await setUp({ status: 'expired' });
    await alone.spools.drop(NAME, 'upload_1');
    expect(alone.isThere()).toBe(false);
  });

  it('goes with the record that is forgotten', async () => {
    const { sessions, isThere } = await setUp({ status: 'expired' });
    await sessions.forget('upload_1', () => true);
    expect(isThere()).toBe(false);
  });
});

describe('the sweep', () => {
  it.each([
    ['a dead process', { pid: DEAD }, false],
    ['this process', {}, true],
    ['a process of another host that gave a sign of life just now', { host: 'elsewhere' }, true],
  ])('leaves alone what %s has: %$', async (_, owner, isKept) => {
    const { spools, path, isThere, folder } = await setUp();
    await writeFile(`${path}.lock`, JSON.stringify({ ...thisOwner(), ...owner }));
    await spools.sweep();
    expect(isThere()).toBe(isKept);
    if (!isKept) expect(await readdir(folder)).toEqual([]);
  });

  it('does not go by our own clock, which may be ahead of that of the other host', async () => {
    const { directory, path, isThere } = await setUp();
    await writeFile(`${path}.lock`, JSON.stringify({ ...thisOwner(), host: 'elsewhere' }));
    const clock = createFakeClock(Date.now() + 600_000);
    await openSessions(openStore({ stateDir: directory }, clock), clock).spools.sweep();
    expect(isThere()).toBe(true);
  });

  it('leaves all as it is when a record cannot be read, which may be the one that names it', async () => {
    const { spools, directory, isThere } = await setUp();
    await writeFile(join(directory, 'broken.json'), '{');
    expect(await spools.sweep()).toEqual({ orphans: [], waiting: [], failed: [] });
    expect(isThere()).toBe(true);
  });

  it('touches only what is ours by name, kind and owner', async () => {
    const { spools, folder, directory } = await setUp();
    const mine = join(directory, '..', 'mine.txt');
    await writeFile(mine, 'mine');
    const strangers = ['notes.txt', `${NAME}.backup`, `${NAME}-copy`, `${NAME}.lock.txt`];
    for (const name of strangers) await writeFile(join(folder, name), 'mine');
    await symlink(mine, join(folder, NAME.replace('0', '1')));
    await mkdir(join(folder, NAME.replace('0', '2')));
    if (process.getuid?.() === 0) {
      strangers.push(NAME.replace('0', '3'));
      await writeFile(join(folder, NAME.replace('0', '3')), 'mine');
      await chown(join(folder, NAME.replace('0', '3')), 12_345, 12_345);
    }
    const before = (await readdir(folder)).filter((name) => name !== NAME);

    await spools.sweep();

    expect(await readdir(folder)).toEqual(before);
    expect(await readFile(mine, 'utf8')).toBe('mine');
  });

  it.skipIf(lacks('links'))('reads and writes nothing through a folder that is a link', async () => {
    const { spools, folder, directory } = await setUp();
    const elsewhere = join(directory, '..', 'elsewhere');
    await rename(folder, elsewhere);
    await symlink(elsewhere, folder);

    expect(await errorOf(() => spools.sweep())).toMatchObject({ code: 'session_unreadable' });
    expect(await errorOf(() => spools.drop(NAME))).toMatchObject({ code: 'session_unreadable' });
    expect(await errorOf(() => spools.create())).toMatchObject({
      code: 'session_unwritable',
      message: expect.stringContaining('it is a link, not a directory'),
    });
    expect(await readdir(elsewhere)).toEqual([NAME]);
  });

  it('of nothing is nothing, also where there is no state directory', async () => {
    const sessions = sessionsIn(join(await temporaryFolder(), 'none'));
    expect(await sessions.spools.sweep()).toEqual({ orphans: [], waiting: [], failed: [] });
  });
});

describe('a record that names anything but a spool', () => {
  it.each(['../../mine.txt', 'notes.txt', `${NAME}/../../x`, `x${NAME}`])('%j is refused', async (spool) => {
    const { sessions, directory } = await setUp();
    await writeFile(join(directory, 'upload_1.json'), JSON.stringify(recordOf({ spool })));
    expect(await errorOf(() => sessions.read('upload_1'))).toMatchObject({ code: 'session_corrupt' });
  });
});
