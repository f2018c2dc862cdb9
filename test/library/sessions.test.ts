import '../helpers/clean-environment.ts';
import { mkdir, readdir, rm, symlink, utimes, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { describe, expect, it } from 'vitest';
import {
  listSessions,
  pruneSessions,
  push,
  type SessionSummary,
  sessionStatus,
  sweepSessions,
} from '../../src/index.ts';
import { systemClock } from '../../src/model/clock.ts';
import { openStore } from '../../src/sessions/open-store.ts';
import type { SessionRecord } from '../../src/sessions/record.ts';
import { lacks } from '../helpers/lacks.ts';
import { recordOf } from '../helpers/record.ts';
import { filesOf, noPatience, sessionsIn } from '../helpers/sessions.ts';
import { errorOf, temporaryFolder } from '../helpers/temporary.ts';
import { setUp as setUpWithServer } from './library.ts';

const NOW = Math.floor(Date.now() / 1000);
const SERVER = { baseUrl: 'https://api.openai.com/v1', project: 'proj_1' };
const file = (id: string, created_at = NOW) => ({ id, created_at });

/** A state directory with records of uploads that have an hour left, and a source that is what it was. */
async function setUp(...changes: readonly Partial<SessionRecord>[]) {
  const folder = await temporaryFolder();
  const options = { ...SERVER, stateDir: join(folder, 'state') };
  const sessions = sessionsIn(options.stateDir);
  for (const [index, change] of changes.entries()) {
    const uploadId = `upload_${index + 1}`;
    const times = { createdAt: NOW + index, expiresAt: NOW + 3600, clockOffsetMs: 0 };
    const session = await sessions.create(recordOf({ uploadId, ...times, ...change }), noPatience);
    await session.release();
  }
  return { folder, options, sessions, put: (name: string) => writeFile(join(options.stateDir, name), '{') };
}

const idsOf = (sessions: readonly SessionSummary[]) => sessions.map(({ uploadId }) => uploadId);

describe('the list of sessions', () => {
  it('is what a push has left, without a key and without a request', async () => {
    const { server, path, pushOptions, options } = await setUpWithServer({
      faults: [{ kind: 'status', status: 400, call: 'part', nth: 3 }],
    });
    await errorOf(() => push(path, { ...pushOptions, concurrency: 1 }));
    const requests = server.requests().length;
    const { baseUrl, stateDir } = options;

    const { sessions, unusable, directory } = await listSessions({ baseUrl, stateDir });

    expect({ unusable, directory }).toEqual({ unusable: [], directory: stateDir });
    expect(sessions).toEqual([
      {
        uploadId: server.uploads()[0]?.id,
        status: 'pending',
        filename: 'a.bin',
        path,
        isSlices: false,
        spool: null,
        manifest: null,
        purpose: 'user_data',
        bytes: 2500,
        partBytes: 1000,
        parts: 3,
        acknowledgedParts: 2,
        acknowledgedBytes: 2000,
        createdAt: server.uploads()[0]?.created_at,
        beganAtMs: expect.closeTo(Date.now(), -6),
        expiresAt: server.uploads()[0]?.expires_at,
        timeLeftMs: expect.closeTo(3_600_000, -5),
        fileId: null,
        baseUrl,
        organization: null,
        project: null,
        differsIn: [],
        lockedBy: null,
        restartedAs: null,
        recordPath: join(stateDir, `${server.uploads()[0]?.id}.json`),
      },
    ]);
    expect(server.requests()).toHaveLength(requests);
  });

  it('is newest first, and empty where nothing was ever saved', async () => {
    const { options } = await setUp({}, {}, {});
    expect(idsOf((await listSessions(options)).sessions)).toEqual(['upload_3', 'upload_2', 'upload_1']);
    const nowhere = join(await temporaryFolder(), 'state');
    expect(await listSessions({ stateDir: nowhere })).toEqual({
      directory: nowhere,
      sessions: [],
      unusable: [],
    });
    expect(await errorOf(() => readdir(nowhere))).toMatchObject({ code: 'ENOENT' });
  });

  it('goes by the clock of this machine, because that of the server may be wrong', async () => {
    const past = { createdAt: 1000, expiresAt: 4600, clockOffsetMs: 1_000_000 - (NOW + 60) * 1000 };
    const { options } = await setUp({}, past, {});
    expect(idsOf((await listSessions(options)).sessions)).toEqual(['upload_2', 'upload_3', 'upload_1']);
  });

  it('tells what cannot be read beside the others, and touches nothing', async () => {
    const { options, put, sessions } = await setUp({}, {});
    await put('broken.json');
    await writeFile(join(options.stateDir, 'later.json'), '{"schemaVersion":99}');
    await mkdir(join(options.stateDir, 'upload_2.lock'));
    const before = await readdir(options.stateDir);
    const list = await listSessions(options);
    expect(idsOf(list.sessions)).toEqual(['upload_1']);
    expect(list.unusable.map(({ code }) => code)).toEqual([
      'session_corrupt',
      'session_newer',
      'session_unreadable',
    ]);
    expect(list.unusable[0]?.message).toContain(join(options.stateDir, 'broken.json'));
    expect(await readdir(options.stateDir)).toEqual(before);
    expect(await sessions.read('upload_1')).toBeDefined();
  });

  it.each<[string, Partial<SessionRecord>, string, number | null]>([
    ['with time left', {}, 'pending', 3600],
    ['whose time is up', { expiresAt: NOW - 1 }, 'expired', null],
    // Our clock may have been put right since the offset was saved.
    ['whose time is up by the saved offset alone', { clockOffsetMs: 3_601_000 }, 'pending', 3600],
    ['whose time left cannot be by the saved offset', { clockOffsetMs: -1e9 }, 'pending', 3600],
    [
      'whose time is not up by the server’s clock',
      { createdAt: NOW - 7201, expiresAt: NOW - 1, clockOffsetMs: -7_201_000 },
      'pending',
      7200,
    ],
    ['that the server has called expired', { status: 'expired' }, 'expired', null],
    ['that may have been completed in time', { status: 'completing', expiresAt: NOW - 1 }, 'completing', 0],
    [
      'that is completed',
      { status: 'completed', file: file('file-1'), expiresAt: NOW - 1 },
      'completed',
      null,
    ],
    ['that is cancelled', { status: 'cancelled', expiresAt: NOW - 1 }, 'cancelled', null],
  ])('says of a session %s how it stands', async (_, changes, status, secondsLeft) => {
    const { options } = await setUp(changes);
    const before = Date.now() / 1000;
    const [session] = (await listSessions(options)).sessions;
    const after = Date.now() / 1000;
    expect(session?.status).toBe(status);
    if (secondsLeft === null) return expect(session?.timeLeftMs).toBeNull();

    const left = (session?.timeLeftMs ?? -1) / 1000;
    expect(left).toBeGreaterThanOrEqual(Math.max(NOW + secondsLeft - after - 1, 0));
    expect(left).toBeLessThanOrEqual(Math.max(NOW + secondsLeft - before + 1, 0));
  });

  it('says of what server and account a session is, when that is not what is set', async () => {
    const { options } = await setUp({});
    const differing = async (changes: object) =>
      (await listSessions({ ...options, ...changes })).sessions[0]?.differsIn;
    expect(await differing({})).toEqual([]);
    expect(await differing({ baseUrl: 'https://api.openai.com/v1/' })).toEqual([]);
    expect(await differing({ baseUrl: 'http://10.0.0.1/v1' })).toEqual(['baseUrl']);
    expect(await differing({ organization: 'org-1', project: '' })).toEqual(['organization', 'project']);
  });

  it('names who works on a session', async () => {
    const { options, sessions } = await setUp({});
    const open = await sessions.open('upload_1', noPatience);
    expect((await listSessions(options)).sessions[0]?.lockedBy).toMatchObject({ pid: process.pid });
    await open?.release();
  });

  it('is no list when the state directory cannot be read', async () => {
    const { folder } = await setUp();
    await writeFile(join(folder, 'a file'), '');
    expect(await errorOf(() => listSessions({ stateDir: join(folder, 'a file') }))).toMatchObject({
      code: 'session_unreadable',
    });
  });
});

describe('the status of a session', () => {
  /** A session whose source is there and is what it was. */
  async function setUpWithSource(changes: Partial<SessionRecord> = {}) {
    const { server, path, pushOptions, options, sessions } = await setUpWithServer({
      faults: [{ kind: 'status', status: 400, call: 'part', nth: 2 }],
    });
    await errorOf(() => push(path, { ...pushOptions, concurrency: 1 }));
    const uploadId = server.uploads()[0]?.id ?? '';
    const open = await sessions.open(uploadId, noPatience);
    await open?.update(changes);
    await open?.release();
    const status = () => sessionStatus(uploadId, options);
    return { path, uploadId, sessions, status, requests: () => server.requests().length };
  }

  it('is all that the list says, what is missing, and what is left to do', async () => {
    const { status, requests } = await setUpWithSource();
    const before = requests();
    expect(await status()).toMatchObject({
      status: 'pending',
      acknowledgedParts: 1,
      missing: [{ first: 2, last: 3 }],
      missingBytes: 1500,
      mimeType: 'application/octet-stream',
      md5: null,
      source: 'same',
      next: 'resume',
      repush: null,
    });
    expect(requests()).toBe(before);
  });

  it.each<[string, (path: string) => Promise<unknown>, string, string]>([
    ['was touched', (path) => utimes(path, 1, 1), 'touched', 'resume'],
    ['has grown', (path) => writeFile(path, 'x', { flag: 'a' }), 'changed', 'push'],
    ['is gone', (path) => rm(path), 'missing', 'source'],
    ['is a directory', (path) => rm(path).then(() => mkdir(path)), 'unreadable', 'source'],
  ])('sees that the source %s', async (_, change, source, next) => {
    const { status, path } = await setUpWithSource();
    await change(path);
    expect(await status()).toMatchObject({ source, next });
  });

  it.each<[string, Partial<SessionRecord>, string]>([
    ['is completed', { status: 'completed', file: file('file-1') }, 'none'],
    ['was cancelled', { status: 'cancelled' }, 'push'],
    ['has expired', { expiresAt: NOW - 1 }, 'restart'],
    ['was started over', { status: 'expired', restartedAs: 'upload_2' }, 'none'],
    ['may be completed', { status: 'completing', expiresAt: NOW - 1 }, 'resume'],
  ])('says what is left to do when it %s', async (_, changes, next) => {
    const { status } = await setUpWithSource(changes);
    expect((await status()).next).toBe(next);
  });

  it('needs no source to find out whether it was completed', async () => {
    const { status, path } = await setUpWithSource({ status: 'completing' });
    await rm(path);
    expect(await status()).toMatchObject({ source: 'missing', next: 'resume' });
  });

  it('leaves it to the process that is at work', async () => {
    const { status, sessions, uploadId } = await setUpWithSource();
    const open = await sessions.open(uploadId, noPatience);
    expect((await status()).next).toBe('wait');
    await open?.release();
  });

  it('says how to push the same again, without what a push does by itself', async () => {
    const plain = await setUpWithSource({ status: 'cancelled' });
    expect((await plain.status()).repush).toEqual({ purpose: 'user_data' });
    const special = await setUpWithSource({
      status: 'cancelled',
      filename: 'b.jsonl',
      mimeType: 'text/plain',
      fileLifetimeSeconds: 7200,
      wantsMd5: false,
    });
    expect((await special.status()).repush).toEqual({
      purpose: 'user_data',
      filename: 'b.jsonl',
      mimeType: 'text/plain',
      expiresAfterSeconds: 7200,
      md5: false,
    });
  });

  it('of what nothing is saved about, or nothing that can be read, is an error', async () => {
    const { options, put } = await setUp();
    await mkdir(options.stateDir);
    await put('broken.json');
    expect(await errorOf(() => sessionStatus('upload_9', options))).toMatchObject({
      code: 'session_unknown',
      uploadId: 'upload_9',
    });
    expect(await errorOf(() => sessionStatus('broken', options))).toMatchObject({ code: 'session_corrupt' });
  });
});

describe('a prune', () => {
  const over = [
    { status: 'completed', file: file('file-1') },
    { status: 'cancelled' },
    { status: 'expired' },
    { expiresAt: NOW - 1 },
  ] as const;
  const open = [{}, { status: 'completing' }, { clockOffsetMs: 1e11 }] as const;

  it('forgets what is over, and nothing else', async () => {
    const { options } = await setUp(...over, ...open.map((each) => ({ ...each, filename: 'other' })));
    const { forgotten, kept, failed } = await pruneSessions(options);
    expect(idsOf(forgotten)).toEqual(['upload_4', 'upload_3', 'upload_2', 'upload_1']);
    expect([kept, failed]).toEqual([[], []]);
    expect(await filesOf(options.stateDir)).toEqual(['upload_5.json', 'upload_6.json', 'upload_7.json']);
    expect(await pruneSessions(options)).toEqual({
      forgotten: [],
      kept: [],
      orphans: [],
      waiting: [],
      failed: [],
    });
  });

  it('only tells what it would forget when it is a trial', async () => {
    const { options } = await setUp(...over);
    const { forgotten } = await pruneSessions({ ...options, dryRun: true });
    expect(forgotten).toHaveLength(4);
    expect((await listSessions(options)).sessions).toHaveLength(4);
  });

  it('of old ones goes by when they began here, whatever time their server says', async () => {
    const began = (ageMs: number) => ({ createdAt: 1_719_184_911, expiresAt: 1_719_188_511, ageMs });
    const of = ({ ageMs, ...times }: ReturnType<typeof began>) => ({
      ...times,
      clockOffsetMs: times.createdAt * 1000 - (Date.now() - ageMs),
      status: 'cancelled' as const,
    });
    const { options } = await setUp(of(began(0)), of(began(3_600_000)));
    await sweepSessions(60_000, options);
    expect(idsOf((await listSessions(options)).sessions)).toEqual(['upload_1']);
  });

  it('forgets sessions of any server and account', async () => {
    const { options } = await setUp({ status: 'cancelled', baseUrl: 'https://other/v1' });
    expect((await pruneSessions(options)).forgotten).toHaveLength(1);
  });

  it.each([false, true])('leaves alone what a process works on (trial: %s)', async (dryRun) => {
    const { options, sessions } = await setUp({ status: 'expired' });
    const held = await sessions.open('upload_1', noPatience);
    const { forgotten, kept } = await pruneSessions({ ...options, dryRun });
    expect([forgotten, kept]).toEqual([
      [],
      [{ session: expect.objectContaining({ uploadId: 'upload_1' }), reason: 'a process is working on it' }],
    ]);
    await held?.release();
    expect(await sessions.read('upload_1')).toBeDefined();
  });

  it('keeps what may have been completed before its time was up', async () => {
    const { options } = await setUp({ status: 'completing', expiresAt: NOW - 1 });
    const { forgotten, kept } = await pruneSessions(options);
    expect(forgotten).toEqual([]);
    expect(kept[0]?.reason).toMatch(/may have been completed/);
  });

  it('keeps a file’s session as long as an unfinished one could take that file for its own', async () => {
    const { options } = await setUp(
      { status: 'completing' },
      { status: 'completed', file: file('file-2', NOW + 5) },
      { status: 'completed', file: file('file-3', NOW - 5) },
      { status: 'completed', file: file('file-4', NOW + 5), purpose: 'vision' },
      { status: 'completed', file: file('file-5', NOW + 5), filename: 'b.jsonl' },
      { status: 'completed', file: { id: 'file-6' } },
    );
    const { forgotten, kept } = await pruneSessions(options);
    expect(idsOf(forgotten)).toEqual(['upload_5', 'upload_4', 'upload_3']);
    expect(kept.map(({ session }) => session.uploadId)).toEqual(['upload_6', 'upload_2']);
    expect(kept[0]?.reason).toContain('upload_1');
  });

  it('tells once, not for each session, that nothing can be written', async () => {
    const { options } = await setUp(...over);
    const { store } = openStore(options, systemClock);
    const lock = async () => {
      throw Object.assign(new Error('EROFS: read-only file system'), { code: 'EROFS' });
    };
    const { forgotten, failed } = await pruneSessions({ ...options, stateStore: { ...store, lock } });
    expect(forgotten).toEqual([]);
    expect(failed.map(({ message }) => message)).toEqual([
      `${options.stateDir} cannot be written: EROFS: read-only file system`,
    ]);
  });

  it.skipIf(lacks('links'))(
    'tells what it has forgotten also where the spools are a folder elsewhere, which it leaves alone',
    async () => {
      const { options } = await setUp({ status: 'cancelled' });
      const elsewhere = await temporaryFolder();
      await writeFile(join(elsewhere, '01234567-89ab-cdef-0123-456789abcdef'), 'mine');
      await symlink(elsewhere, join(options.stateDir, 'spool'));
      const { forgotten, failed } = await pruneSessions(options);
      expect(forgotten).toHaveLength(1);
      expect(failed).toMatchObject([{ code: 'session_unreadable' }]);
      expect(await readdir(elsewhere)).toHaveLength(1);
    },
  );

  it('never deletes what it cannot read, and tells it', async () => {
    const { options, put } = await setUp({ status: 'cancelled' });
    await put('broken.json');
    await writeFile(join(options.stateDir, 'later.json'), '{"schemaVersion":99,"status":"cancelled"}');
    const { forgotten, failed } = await pruneSessions(options);
    expect(forgotten).toHaveLength(1);
    expect(failed.map(({ code }) => code)).toEqual(['session_corrupt', 'session_newer']);
    expect(await filesOf(options.stateDir)).toEqual(['broken.json', 'later.json']);
  });
});
