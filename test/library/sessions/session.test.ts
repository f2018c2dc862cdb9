import { type ChildProcess, execFileSync, spawn } from 'node:child_process';
import { once } from 'node:events';
import { mkdir, readdir, readFile, rm, stat, symlink, writeFile } from 'node:fs/promises';
import { dirname, join } from 'node:path';
import { describe, expect, it, onTestFinished } from 'vitest';
import { lacks } from '../../helpers/lacks.ts';
import { recordOf } from '../../helpers/record.ts';
import { filesOf, noPatience, sessionsIn } from '../../helpers/sessions.ts';
import { errorOf, temporaryFolder } from '../../helpers/temporary.ts';

async function create(changes = {}) {
  const directory = join(await temporaryFolder(), 'state');
  const session = await sessionsIn(directory).create(recordOf(changes), noPatience);
  const onDisk = async () => (await sessionsIn(directory).read(session.record.uploadId))?.record;
  return { directory, session, onDisk };
}

const second = { index: 1, offset: 10, length: 10, partId: 'part_2', checksum: 'crc32:00000002' };
const third = { index: 2, offset: 20, length: 5, partId: 'part_3', checksum: 'crc32:00000003' };

describe('a session', () => {
  it('has every change on disk when the call returns', async () => {
    const { session, onDisk } = await create();
    await session.update({ status: 'completing', md5: 'd41d8cd98f00b204e9800998ecf8427e' });
    expect(session.record).toMatchObject({ status: 'completing' });
    expect(await onDisk()).toEqual(session.record);
  });

  it('keeps its parts in file order, in whatever order they are acknowledged', async () => {
    const { session, onDisk } = await create();
    await session.acknowledge(third);
    await session.acknowledge(second);
    expect((await onDisk())?.parts.map(({ index }) => index)).toEqual([0, 1, 2]);
  });

  it('holds one part of an index: the last', async () => {
    const { session } = await create();
    await session.acknowledge(second);
    await session.acknowledge({ ...second, partId: 'part_2b' });
    expect(session.record.parts.map(({ partId }) => partId)).toEqual(['part_1', 'part_2b']);
  });

  it('writes only what is new when a part is acknowledged', async () => {
    const { session, onDisk } = await create();
    const before = await readFile(session.path, 'utf8');
    await Promise.all([session.acknowledge(second), session.acknowledge(third)]);
    expect(await readFile(session.path, 'utf8')).toBe(before);
    expect(await onDisk()).toEqual(session.record);
    await session.update({ status: 'completing' });
    expect(JSON.parse(await readFile(session.path, 'utf8'))).toEqual(session.record);
  });

  it('goes on with what an earlier process has acknowledged', async () => {
    const { session, directory, onDisk } = await create();
    await session.acknowledge(second);
    await session.release();
    const later = await sessionsIn(directory).open('upload_1', noPatience);
    await later?.acknowledge(third);
    expect((await onDisk())?.parts.map(({ index }) => index)).toEqual([0, 1, 2]);
  });

  it.skipIf(lacks('pipes'))('does not wait for a pipe in the place of its journal', async () => {
    const { session, onDisk } = await create();
    execFileSync('mkfifo', [`${session.path}.journal`]);
    expect(await errorOf(onDisk)).toMatchObject({ code: 'session_unreadable' });
  });

  it('leaves an earlier look at the record as it was', async () => {
    const { session } = await create();
    const before = session.record;
    await session.acknowledge(second);
    expect(before.parts).toHaveLength(1);
  });

  it('keeps what a newer program of the same version has put into it', async () => {
    const { session, onDisk } = await create({ later: { 'a.b': [1] } });
    await session.acknowledge(second);
    expect(await onDisk()).toMatchObject({ later: { 'a.b': [1] } });
  });

  it('leaves no file beside its own', async () => {
    const { session, directory } = await create();
    for (let n = 0; n < 20; n += 1) await session.update({ clockOffsetMs: n });
    await session.release();
    expect(await filesOf(directory)).toEqual(['upload_1.json']);
  });

  it('that cannot be written says so loudly, and is what it was', async () => {
    const { session, directory } = await create();
    await rm(directory, { recursive: true });
    await writeFile(directory, 'now a file');
    const error = await errorOf(() => session.acknowledge(second));
    expect(error).toMatchObject({
      code: 'session_unwritable',
      message: expect.stringContaining(session.path.replace('.json', '.lock')),
    });
    expect(session.record).toEqual(recordOf());
  });

  it('does not write over a directory in its place', async () => {
    const { session } = await create();
    await rm(session.path);
    await mkdir(join(session.path, 'inside'), { recursive: true });
    expect(await errorOf(() => session.update({ status: 'expired' }))).toMatchObject({
      code: 'session_corrupt',
    });
    expect(await readdir(session.path)).toEqual(['inside']);
  });

  it('saves nothing more once its directory was removed, and with it the lock', async () => {
    const { session, directory } = await create();
    await rm(directory, { recursive: true });
    expect(await errorOf(() => session.acknowledge(second))).toMatchObject({ code: 'session_locked' });
    await expect(stat(directory)).rejects.toThrow('ENOENT');
  });

  it('saves nothing more once another process has its lock', async () => {
    const { session, directory, onDisk } = await create();
    await writeFile(join(directory, 'upload_1.lock'), '{"token":"other","pid":1,"host":"elsewhere"}');
    expect(await errorOf(() => session.acknowledge(second))).toMatchObject({ code: 'session_locked' });
    expect(await onDisk()).toEqual(recordOf());
    await session.release();
    expect(await filesOf(directory)).toContain('upload_1.lock');
  });

  it.skipIf(lacks('links'))('is not written through a link that was put in its place', async () => {
    const { session, directory } = await create();
    const victim = join(dirname(directory), 'victim');
    await writeFile(victim, 'precious');
    await rm(session.path);
    await symlink(victim, session.path);
    expect(await errorOf(() => session.acknowledge(second))).toMatchObject({ code: 'session_corrupt' });
    expect(await readFile(victim, 'utf8')).toBe('precious');
  });

  it.skipIf(lacks('signals'))('is never seen half written by another process', async () => {
    const { session } = await create();
    const reader = readAgainAndAgain(session.path);
    await once(reader.stdout!, 'data');
    for (let n = 0; n < 150; n += 1) await session.update({ filename: 'x'.repeat(1 + ((n * 997) % 20_000)) });
    reader.kill('SIGTERM');
    expect(await once(reader, 'exit')).toEqual([0, null]);
  });

  it('of the same name as another is not written over it', async () => {
    const { directory, session, onDisk } = await create();
    await session.release();
    const again = () => sessionsIn(directory).create(recordOf({ filename: 'other' }), noPatience);
    expect(await errorOf(again)).toMatchObject({ code: 'session_unwritable' });
    expect(await onDisk()).toEqual(recordOf());
  });
});

describe('loading the sessions', () => {
  it('leaves the signals to the program: no listener is added', async () => {
    const script = `
      const count = () => ['SIGINT', 'SIGTERM', 'SIGHUP', 'SIGQUIT'].map((name) => process.listenerCount(name)).join();
      process.on('SIGINT', () => undefined);
      const before = count();
      await import(${JSON.stringify(new URL('../../../src/sessions/sessions.ts', import.meta.url).href)});
      console.log(before + ' ' + count());`;
    const child = spawn(process.execPath, ['--import', 'tsx', '--input-type=module', '-e', script], {
      cwd: dirname(import.meta.filename),
    });
    const [output] = await once(child.stdout, 'data');
    expect(String(output).trim()).toBe('1,0,0,0 1,0,0,0');
  });
});

/** Says so once it reads, and exits with 1 when it has read anything but a whole record. */
function readAgainAndAgain(path: string): ChildProcess {
  const script = `
    const { readFileSync } = require('node:fs');
    let reads = 0;
    let stop = false;
    process.on('SIGTERM', () => { stop = true; });
    (function read() {
      const record = JSON.parse(readFileSync(${JSON.stringify(path)}, 'utf8'));
      if (record.uploadId !== 'upload_1' || record.parts.length !== 1) process.exit(1);
      if (++reads === 1) console.log('reading');
      if (stop) process.exit(0);
      setImmediate(read);
    })();`;
  const child = spawn(process.execPath, ['-e', script]);
  onTestFinished(() => void child.kill('SIGKILL'));
  return child;
}
