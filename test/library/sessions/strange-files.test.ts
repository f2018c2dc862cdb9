import { execFileSync, spawn } from 'node:child_process';
import { once } from 'node:events';
import { readFileSync } from 'node:fs';
import { mkdir, readdir, rename, rm, stat, symlink, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { describe, expect, it, onTestFinished } from 'vitest';
import { takeLock } from '../../../src/lock/lock-file.ts';
import { isAlive } from '../../../src/lock/owner.ts';
import { openLinkMemory } from '../../../src/sessions/link-memory.ts';
import { lacks } from '../../helpers/lacks.ts';
import { recordOf } from '../../helpers/record.ts';
import { noPatience, sessionsIn } from '../../helpers/sessions.ts';
import { errorOf, temporaryFolder } from '../../helpers/temporary.ts';

const content = {
  md5: '0'.repeat(32),
  sha256: null,
  bytes: 5,
  purpose: 'batch',
  baseUrl: 'https://api.openai.com/v1',
  organization: null,
  project: null,
};

async function setUp() {
  const directory = join(await temporaryFolder(), 'state');
  const sessions = sessionsIn(directory);
  const session = await sessions.create(recordOf(), noPatience);
  await session.release();
  return { directory, sessions };
}

function makePipe(path: string): void {
  execFileSync('mkfifo', [path]);
}

/** Opening a pipe that nobody writes to blocks the whole process, so each of these ends, or hangs for ever. */
describe.skipIf(lacks('pipes'))('a pipe', () => {
  it('in the place of a lock is no lock, and is left alone', async () => {
    const { directory, sessions } = await setUp();
    const path = join(directory, 'upload_1.lock');
    makePipe(path);

    expect(await errorOf(() => sessions.owner('upload_1'))).toMatchObject({
      code: 'session_unreadable',
      message: `${path} cannot be read: it is a pipe, not a file`,
    });
    expect(await errorOf(() => sessions.open('upload_1', noPatience))).toMatchObject({
      code: 'session_unwritable',
      message: `${path} cannot be written: it is a pipe, not a file`,
      hint: expect.stringContaining('Move it away'),
    });
    expect((await stat(path)).isFIFO()).toBe(true);
  });

  it('in the place of a lock that is held loses it', async () => {
    const { directory } = await setUp();
    const path = join(directory, 'a.lock');
    const taken = takeLock(path);
    if (!('lock' in taken)) throw new Error('not taken');
    await rm(path);
    makePipe(path);

    expect(() => taken.lock.isHeld()).toThrow('it is a pipe');
    expect(() => taken.lock.beat()).toThrow('it is a pipe');
  });

  it('in the place of a record is refused, and is left alone', async () => {
    const { directory, sessions } = await setUp();
    const path = join(directory, 'upload_1.json');
    await rename(path, join(directory, 'away'));
    makePipe(path);

    const error = { code: 'session_corrupt', message: expect.stringContaining('it is a pipe, not a file') };
    expect(await errorOf(() => sessions.read('upload_1'))).toMatchObject(error);
    expect((await sessions.list()).unusable).toMatchObject([error]);
    expect(await errorOf(() => sessions.create(recordOf(), noPatience))).toMatchObject(error);
    expect((await stat(path)).isFIFO()).toBe(true);
  });

  it('in the place of an entry of the ledger is refused, and is left alone', async () => {
    const { directory, sessions } = await setUp();
    const entry = { ...content, uploadId: 'upload_1', file: { id: 'file-1' } };
    await sessions.ledger.write(entry);
    const folder = join(directory, 'ledger');
    const path = join(folder, execFileSync('ls', [folder], { encoding: 'utf8' }).trim());
    await rm(path);
    makePipe(path);

    const error = { code: 'session_corrupt', message: expect.stringContaining('it is a pipe, not a file') };
    expect(await errorOf(async () => sessions.ledger.read(content))).toMatchObject(error);
    expect(await errorOf(async () => sessions.ledger.write(entry))).toMatchObject(error);
  });

  it('among the spools is none of them', async () => {
    const { directory, sessions } = await setUp();
    const folder = join(directory, 'spool');
    await mkdir(folder);
    const path = join(folder, '01234567-89ab-cdef-0123-456789abcdef');
    makePipe(path);
    makePipe(`${path}.lock`);

    expect(await sessions.spools.sweep()).toEqual({ orphans: [], waiting: [], failed: [] });
    expect((await stat(path)).isFIFO()).toBe(true);
  });
});

describe.skipIf(lacks('junctions'))('a folder of the state directory that is a link', () => {
  /** Puts a folder elsewhere, with all that is in it, and a link in its place. */
  async function moveAway(directory: string, name: string) {
    const elsewhere = join(await temporaryFolder(), 'elsewhere');
    await rename(join(directory, name), elsewhere);
    await symlink(elsewhere, join(directory, name), 'junction');
    const before = await readdir(elsewhere, { recursive: true });
    return { isAsBefore: async () => expect(await readdir(elsewhere, { recursive: true })).toEqual(before) };
  }
  const isLink = expect.stringContaining('it is a link, not a directory');

  it('gives no entry of a ledger, and takes none', async () => {
    const { directory, sessions } = await setUp();
    const entry = { ...content, uploadId: 'upload_1', file: { id: 'file-1' } };
    await sessions.ledger.write(entry);
    const { isAsBefore } = await moveAway(directory, 'ledger');

    const unreadable = { code: 'session_unreadable', message: isLink };
    expect(await errorOf(async () => sessions.ledger.read(content))).toMatchObject(unreadable);
    expect(await errorOf(() => sessions.ledger.write(entry))).toMatchObject(unreadable);
    expect(await errorOf(() => sessions.ledger.lock(content, 'a', noPatience))).toMatchObject({
      code: 'session_unwritable',
      message: isLink,
    });
    await isAsBefore();
  });

  it.each(['sources', 'one bucket'])('finds, adds and drops no session: %s', async (which) => {
    const { directory, sessions } = await setUp();
    const { record } = (await sessions.read('upload_1')) ?? {};
    const [bucket = ''] = await readdir(join(directory, 'sources'));
    const folder = which === 'sources' ? 'sources' : join('sources', bucket);
    if (which === 'one bucket')
      for (const each of await readdir(join(directory, 'sources')))
        if (each !== 'complete' && each !== bucket) await moveAway(directory, join('sources', each));
    const { isAsBefore } = await moveAway(directory, folder);

    const again = sessionsIn(directory);
    expect(await errorOf(() => again.find(recordOf()))).toMatchObject({ message: isLink });
    expect(await errorOf(() => again.forget(record?.uploadId ?? '', () => true))).toMatchObject({
      message: isLink,
    });
    expect(await errorOf(() => again.create(recordOf({ uploadId: 'upload_2' }), noPatience))).toMatchObject({
      message: isLink,
    });
    await isAsBefore();
  });

  it('remembers nothing of the way to a server', async () => {
    const directory = await temporaryFolder();
    const memory = openLinkMemory(directory, 'https://api.openai.com/v1');
    memory.save({ concurrency: 3 });
    const { isAsBefore } = await moveAway(directory, 'links');

    expect(openLinkMemory(directory, 'https://api.openai.com/v1').read()).toEqual({});
    memory.save({ concurrency: 4 });
    openLinkMemory(directory, 'https://example.com/v1').save({ concurrency: 4 });
    await isAsBefore();
  });
});

describe.skipIf(lacks('proc'))('a process that was killed', () => {
  it('holds no lock any more, also before its parent has asked how it ended', async () => {
    const parent = spawn('sh', ['-c', 'sleep 1000 & echo $!; exec sleep 1000']);
    onTestFinished(() => void parent.kill('SIGKILL'));
    const lines = parent.stdout.setEncoding('utf8');
    const pid = Number((await once(lines, 'data'))[0]);

    const path = join(await temporaryFolder(), 'a.lock');
    const stat = () => readFileSync(`/proc/${pid}/stat`, 'utf8').split(') ')[1]?.split(' ') ?? [];
    const first = takeLock(path);
    if (!('lock' in first)) throw new Error('not taken');
    const owner = { ...JSON.parse(readFileSync(path, 'utf8')), pid, started: stat()[19] };
    await writeFile(path, JSON.stringify(owner));
    expect(isAlive(owner)).toBe(true);
    expect(takeLock(path)).toMatchObject({ owner: { pid } });

    // A shell would ask how it ended; what has taken its place does not.
    const comm = () => readFileSync(`/proc/${parent.pid}/comm`, 'utf8').trim();
    while (comm() !== 'sleep') await new Promise(setImmediate);
    process.kill(pid, 'SIGKILL');
    while (stat()[0] !== 'Z') await new Promise(setImmediate);

    expect(isAlive(owner)).toBe(false);
    expect(takeLock(path)).toHaveProperty('lock');
  });
});
