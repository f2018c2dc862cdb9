import {
  mkdirSync,
  readdirSync,
  readFileSync,
  rmdirSync,
  rmSync,
  statSync,
  utimesSync,
  writeFileSync,
} from 'node:fs';
import { join } from 'node:path';
import { describe, expect, it } from 'vitest';
import { acquireLock, acquireToDelete, takeFileLock } from '../../../src/lock/acquire.ts';
import { HEARTBEAT_MS } from '../../../src/lock/lock-state.ts';
import { thisOwner } from '../../../src/lock/owner.ts';
import { unwritable } from '../../../src/model/session-errors.ts';
import { createFakeClock } from '../../helpers/fake-clock.ts';
import { lacks } from '../../helpers/lacks.ts';
import { noPatience } from '../../helpers/sessions.ts';
import { errorOf, temporaryFolder } from '../../helpers/temporary.ts';

const MINUTE_MS = 60_000;

async function setUp() {
  const folder = await temporaryFolder();
  const path = join(folder, 'upload_1.lock');
  const clock = createFakeClock();
  mkdirSync(folder, { recursive: true });
  return {
    folder,
    path,
    clock,
    take: (patience = {}) =>
      acquireLock({
        take: async () => takeFileLock(path, clock),
        subject: 'upload_1',
        clock,
        lockWait: { ...noPatience, ...patience },
      }),
    /** A lock as another process would have left it, last touched that long ago. */
    leave: (owner: object, agoMs = 0) => {
      writeFileSync(path, JSON.stringify({ ...thisOwner(), ...owner }));
      const then = new Date(Date.now() - agoMs);
      utimesSync(path, then, then);
    },
  };
}

/** No process has this id: it is above Linux's largest. */
const DEAD = { pid: 2 ** 22 + 1 };
const ELSEWHERE = { host: 'elsewhere' };
/** Elsewhere it cannot be told when a process started, nor which boot or container it is of. */

describe('a claim', () => {
  it('is for one at a time, and free again once released', async () => {
    const { take, folder } = await setUp();
    const first = await take();
    expect(await errorOf(() => take())).toMatchObject({
      code: 'session_locked',
      message: expect.stringContaining(`process ${process.pid} on`),
      isRetryable: true,
    });
    await first.release();
    expect(readdirSync(folder)).toEqual([]);
    await (await take()).release();
  });

  it('takes over at once what a dead process of this host has left', async () => {
    const { take, leave, path } = await setUp();
    leave(DEAD);
    const mine = await take();
    expect(JSON.parse(readFileSync(path, 'utf8')).pid).toBe(process.pid);
    await mine.release();
  });

  it.skipIf(lacks('proc'))('takes over what a process left whose id another one has by now', async () => {
    const { take, leave } = await setUp();
    leave({ started: '1' });
    await (await take()).release();
  });

  it.skipIf(lacks('proc'))(
    'leaves a living process its lock, however long it has not touched it',
    async () => {
      const { take, leave } = await setUp();
      leave({}, 60 * MINUTE_MS);
      expect(await errorOf(() => take())).toMatchObject({ code: 'session_locked' });
    },
  );

  it('gives a process a minute where the system does not tell since when it runs', async () => {
    const { take, leave } = await setUp();
    leave({ started: null }, MINUTE_MS - 10_000);
    expect(await errorOf(() => take())).toMatchObject({ code: 'session_locked' });
    // It may have died, and its id be another's by now.
    leave({ started: null }, MINUTE_MS + 10_000);
    (await take()).release();
  });

  it.skipIf(lacks('proc')).each([
    [
      'another boot of this host',
      (host: string) => host.replace(/ \S+/, ' 11111111-2222-3333-4444-555555555555'),
    ],
    ['another container of this host', (host: string) => host.replace(/\[\d+\]/, '[1]')],
  ])('does not trust that there is no such process in %s', async (_, change) => {
    const { take, leave } = await setUp();
    const { host } = thisOwner();
    expect(change(host)).not.toBe(host);
    leave({ ...DEAD, host: change(host) }, MINUTE_MS - 10_000);
    expect(await errorOf(() => take())).toMatchObject({ code: 'session_locked' });
    leave({ ...DEAD, host: change(host) }, MINUTE_MS + 10_000);
    (await take()).release();
  });

  it('gives a process on another host a minute to touch its lock', async () => {
    const { take, leave } = await setUp();
    leave({ ...ELSEWHERE, ...DEAD }, MINUTE_MS - 10_000);
    expect(await errorOf(() => take())).toMatchObject({
      message: expect.stringContaining('on elsewhere is working'),
    });
    leave({ ...ELSEWHERE, ...DEAD }, MINUTE_MS + 10_000);
    await (await take()).release();
  });

  it('treats a lock that does not say whose it is like one from elsewhere', async () => {
    const { take, leave, path } = await setUp();
    writeFileSync(path, 'nonsense');
    expect(await errorOf(() => take())).toMatchObject({ code: 'session_locked' });
    leave({ token: 1 }, MINUTE_MS + 10_000);
    await (await take()).release();
  });

  it('waits as long as it may, says so once, and takes what becomes free', async () => {
    const { take, clock } = await setUp();
    const first = await take();
    const waits: string[] = [];
    const second = take({ waitMs: 10_000, onWait: (owner: string) => void waits.push(owner) });
    await clock.advance(9000);
    await first.release();
    await clock.advance(1000);
    await (await second).release();
    expect(waits).toHaveLength(1);
  });

  it('gives up at the end of the wait, and when it is aborted', async () => {
    const { take, clock } = await setUp();
    const first = await take();
    const failing = errorOf(() => take({ waitMs: 1000 }));
    await clock.advance(1000);
    expect(await failing).toMatchObject({ code: 'session_locked' });
    const stop = new AbortController();
    const stopped = errorOf(() => take({ waitMs: 1000, signal: stop.signal }));
    stop.abort('enough');
    expect(await stopped).toBe('enough');
    await first.release();
  });

  it('lives through a touch that fails, but not through a minute of them', async () => {
    const { take, clock, path } = await setUp();
    const mine = await take();
    const text = readFileSync(path, 'utf8');
    const hide = () => {
      rmSync(path);
      mkdirSync(path);
    };
    const restore = () => {
      rmdirSync(path);
      writeFileSync(path, text);
      utimesSync(path, new Date(0), new Date(0));
    };
    hide();
    await clock.advance(HEARTBEAT_MS);
    restore();
    await clock.advance(HEARTBEAT_MS);
    expect(statSync(path).mtimeMs).toBeGreaterThan(0);
    await mine.assertHeld();
    hide();
    await clock.advance(7 * HEARTBEAT_MS);
    restore();
    expect(await errorOf(() => mine.assertHeld())).toMatchObject({ code: 'session_locked' });
    await mine.release();
  });

  it('touches its lock, and notices when another process has it', async () => {
    const { take, leave, clock, path } = await setUp();
    const mine = await take();
    utimesSync(path, new Date(0), new Date(0));
    await clock.advance(HEARTBEAT_MS);
    expect(Date.now() - statSync(path).mtimeMs).toBeLessThan(MINUTE_MS);
    await mine.assertHeld();
    leave(ELSEWHERE);
    await clock.advance(HEARTBEAT_MS);
    expect(await errorOf(() => mine.assertHeld())).toMatchObject({ code: 'session_locked' });
    await mine.release();
    expect(JSON.parse(readFileSync(path, 'utf8')).host).toBe('elsewhere');
  });

  it('is given up also when its lock cannot be read any more', async () => {
    const { take, path } = await setUp();
    const mine = await take();
    rmSync(path);
    // Stands for whatever keeps it from being read: too many open files, a share that is gone.
    mkdirSync(path);
    await expect(mine.release()).resolves.toBeUndefined();
  });
});

describe('a lock to delete what it is for', () => {
  const setUpFull = async (code: string) => {
    const { path, clock } = await setUp();
    const take = async () => {
      throw unwritable(path, Object.assign(new Error('no room'), { code }));
    };
    const held = (owner: { readonly pid: number; readonly host: string } | null) =>
      acquireToDelete({ take, owner: async () => owner, subject: 'upload_1', clock });
    return { held };
  };

  it.each(['ENOSPC', 'EDQUOT'])('is not needed where it does not fit on the disk: %s', async (code) => {
    const { held } = await setUpFull(code);
    const lock = await held(null);
    await lock.assertHeld();
    await lock.release();
    expect(await errorOf(() => held({ pid: 1, host: 'a' }))).toMatchObject({ code: 'session_unwritable' });
  });

  it('is needed in all other cases', async () => {
    const { held } = await setUpFull('EACCES');
    expect(await errorOf(() => held(null))).toMatchObject({ code: 'session_unwritable' });
  });
});
