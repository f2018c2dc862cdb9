import { existsSync, mkdirSync } from 'node:fs';
import { rm, utimes, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { describe, expect, it } from 'vitest';
import { thisOwner } from '../../../src/lock/owner.ts';
import { systemClock } from '../../../src/model/clock.ts';
import { openStore } from '../../../src/sessions/open-store.ts';
import { openRecords } from '../../../src/sessions/records.ts';
import { openSessions } from '../../../src/sessions/sessions.ts';
import { recordOf } from '../../helpers/record.ts';
import { filesOf, noPatience, sessionsIn } from '../../helpers/sessions.ts';
import { errorOf, temporaryFolder } from '../../helpers/temporary.ts';

async function setUp() {
  const directory = join(await temporaryFolder(), 'state');
  const sessions = sessionsIn(directory);
  const session = await sessions.create(recordOf(), noPatience);
  await session.release();
  const lock = join(directory, 'upload_1.lock');
  /** A lock as another process would have left it, last touched that long ago. */
  const leave = async (owner: object, agoMs = 0) => {
    await writeFile(lock, JSON.stringify({ ...thisOwner(), ...owner }));
    const then = new Date(Date.now() - agoMs);
    await utimes(lock, then, then);
  };
  return { directory, sessions, session, lock, leave };
}

/** No process has this id: it is above Linux's largest. */
const DEAD = { pid: 2 ** 22 + 1 };

describe('the holder of an upload', () => {
  it('is nobody until somebody opens it, and again after', async () => {
    const { sessions } = await setUp();
    expect(await sessions.owner('upload_1')).toBeNull();
    const open = await sessions.open('upload_1', noPatience);
    expect(await sessions.owner('upload_1')).toMatchObject({ pid: process.pid, host: expect.any(String) });
    await open?.release();
    expect(await sessions.owner('upload_1')).toBeNull();
  });

  it.each([
    ['a dead process of this host', DEAD, 0, null],
    [
      'a process of another host',
      { host: 'elsewhere boot ns', pid: 7 },
      30_000,
      { pid: 7, host: 'elsewhere' },
    ],
    ['a process of another host that has been still for long', { host: 'elsewhere' }, 61_000, null],
  ])('of a lock that %s has left', async (_, owner, agoMs, expected) => {
    const { sessions, leave, directory } = await setUp();
    await leave(owner, agoMs);
    expect(await sessions.owner('upload_1')).toEqual(expected);
    expect(await filesOf(directory)).toEqual(['upload_1.json', 'upload_1.lock']);
  });

  it('may be unknown', async () => {
    const { sessions, lock } = await setUp();
    await writeFile(lock, 'not ours');
    expect(await sessions.owner('upload_1')).toEqual({ pid: null, host: null });
  });

  it('is not taken for nobody when the lock cannot be read', async () => {
    const { sessions, lock } = await setUp();
    mkdirSync(lock);
    expect(await errorOf(() => sessions.owner('upload_1'))).toMatchObject({ code: 'session_unreadable' });
  });
});

describe('forgetting', () => {
  const always = () => true;

  it('leaves nothing of the session, nor of a writer that was killed', async () => {
    const { sessions, directory, leave } = await setUp();
    await writeFile(join(directory, 'upload_1.json.tmp-1234567890abcdef'), '{');
    await writeFile(join(directory, 'upload_11.json'), '{');
    await leave(DEAD);
    expect(await sessions.forget('upload_1', always)).toBe(true);
    expect(await filesOf(directory)).toEqual(['upload_11.json']);
    expect(await sessions.forget('upload_1', always)).toBe(false);
  });

  it('asks once more, of the record as it is under the lock', async () => {
    const { sessions, session } = await setUp();
    const asked: string[] = [];
    const isForgotten = await sessions.forget('upload_1', ({ status }) => {
      asked.push(status);
      return false;
    });
    expect([isForgotten, asked]).toEqual([false, ['pending']]);
    expect(existsSync(session.path)).toBe(true);
  });

  it('does not touch what a process works on', async () => {
    const { sessions, session } = await setUp();
    const open = await sessions.open('upload_1', noPatience);
    expect(await errorOf(() => sessions.forget('upload_1', always))).toMatchObject({
      code: 'session_locked',
    });
    await open?.acknowledge({
      index: 1,
      offset: 10,
      length: 10,
      partId: 'part_2',
      checksum: 'crc32:00000002',
    });
    expect(existsSync(session.path)).toBe(true);
  });

  it('does not touch what it cannot read', async () => {
    const { sessions, session } = await setUp();
    await writeFile(session.path, '{');
    expect(await errorOf(() => sessions.forget('upload_1', always))).toMatchObject({
      code: 'session_corrupt',
    });
    expect(existsSync(session.path)).toBe(true);
  });

  it('leaves who has waited for the lock with an unknown upload, not with an empty one', async () => {
    const { sessions, session, directory } = await setUp();
    const held = await sessions.open('upload_1', noPatience);
    const waiting = sessions.open('upload_1', { ...noPatience, waitMs: 10_000 });
    await rm(session.path);
    await held?.release();
    expect(await waiting).toBeUndefined();
    expect(await filesOf(directory)).toEqual([]);
  });
});

describe('a signal', () => {
  const stoppedIn = (stateDir: string) => {
    const signal = AbortSignal.abort(new Error('enough'));
    return openRecords(openStore({ stateDir, signal }, systemClock), systemClock);
  };

  it('ends the reading of all records', async () => {
    const { directory } = await setUp();
    await expect(stoppedIn(directory).list()).rejects.toThrow('enough');
  });

  it('ends the search for a session only where that has to read all records', async () => {
    const { directory, session } = await setUp();
    expect((await stoppedIn(directory).find(session.record)).sessions).toHaveLength(1);

    await rm(join(directory, 'sources'), { recursive: true });
    await expect(stoppedIn(directory).find(session.record)).rejects.toThrow('enough');
  });

  it('does not keep the record of a new upload from being saved, for nothing else knows of that', async () => {
    const { directory, sessions } = await setUp();
    await rm(join(directory, 'sources'), { recursive: true });
    const store = openStore({ stateDir: directory, signal: AbortSignal.abort('SIGTERM') }, systemClock);

    const record = recordOf({ uploadId: 'upload_2' });
    await (await openSessions(store, systemClock).create(record, noPatience)).release();

    expect((await sessions.list()).sessions.map((saved) => saved.record.uploadId).toSorted()).toEqual([
      'upload_1',
      'upload_2',
    ]);
  });
});
