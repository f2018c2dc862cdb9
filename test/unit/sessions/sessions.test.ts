import { chmod, mkdir, readdir, readFile, stat, symlink, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { describe, expect, it } from 'vitest';
import type { UploadError } from '../../../src/index.ts';
import { lacks } from '../../helpers/lacks.ts';
import { recordOf } from '../../helpers/record.ts';
import { filesOf, noPatience, sessionsIn } from '../../helpers/sessions.ts';
import { errorOf, temporaryFolder } from '../../helpers/temporary.ts';

async function setUp() {
  const folder = await temporaryFolder();
  const directory = join(folder, 'deep', 'state');
  const put = async (name: string, text: string) => {
    await mkdir(directory, { recursive: true });
    await writeFile(join(directory, name), text);
  };
  return { folder, directory, put, sessions: sessionsIn(directory) };
}

describe('the saved sessions', () => {
  it('are none while there is no directory, and reading makes none', async () => {
    const { sessions, folder } = await setUp();
    expect(await sessions.read('upload_1')).toBeUndefined();
    expect(await sessions.list()).toEqual({ sessions: [], unusable: [] });
    expect(await readdir(folder)).toEqual([]);
  });

  it.skipIf(lacks('modes'))('are for their owner alone: a directory 0700, a file 0600', async () => {
    const { sessions, directory, folder } = await setUp();
    const session = await sessions.create(recordOf(), noPatience);
    const { path } = session;
    expect(path).toBe(join(directory, 'upload_1.json'));
    expect((await stat(directory)).mode & 0o777).toBe(0o700);
    expect((await stat(join(folder, 'deep'))).mode & 0o777).toBe(0o700);
    expect((await stat(path)).mode & 0o777).toBe(0o600);
    await session.update({ status: 'expired' });
    expect((await stat(path)).mode & 0o777).toBe(0o600);
  });

  it.skipIf(lacks('modes'))('leave a directory that was there as its owner has set it', async () => {
    const { sessions, directory } = await setUp();
    await mkdir(directory, { recursive: true });
    await chmod(directory, 0o750);
    await sessions.create(recordOf(), noPatience);
    expect((await stat(directory)).mode & 0o777).toBe(0o750);
  });

  it('are read back as they were saved, by id', async () => {
    const { sessions } = await setUp();
    const record = recordOf({ uploadId: 'a/../b==', file: { id: 'file-1', 'a.b': { 'c.d': 1 } } });
    await sessions.create(record, noPatience);
    expect((await sessions.read('a/../b=='))?.record).toEqual(record);
    expect(await sessions.read('upload_1')).toBeUndefined();
  });

  it('are listed newest first, with what cannot be read beside them', async () => {
    const { sessions, put } = await setUp();
    for (const [uploadId, createdAt] of [
      ['old', 1],
      ['new', 3],
      ['mid', 2],
    ] as const)
      await sessions.create(recordOf({ uploadId, createdAt }), noPatience);
    await put('broken.json', '{');
    await put('later.json', '{"schemaVersion":99}');
    await put('notes.txt', 'not ours');
    const { sessions: found, unusable } = await sessions.list();
    expect(found.map(({ record }) => record.uploadId)).toEqual(['new', 'mid', 'old']);
    expect(unusable.map(({ code }) => code).sort()).toEqual(['session_corrupt', 'session_newer']);
  });

  it('do not take a configuration for a record, should it lie in the same directory', async () => {
    const { sessions, put } = await setUp();
    await put('config.json', '{"partSize":"64MB"}');
    expect(await sessions.list()).toEqual({ sessions: [], unusable: [] });
  });

  it('are not taken for absent when the directory is a file', async () => {
    const { sessions, folder } = await setUp();
    await writeFile(join(folder, 'deep'), '');
    const where = sessionsIn(join(folder, 'deep'));
    expect(await errorOf(() => where.list())).toMatchObject({ code: 'session_unreadable' });
    expect(await errorOf(() => where.read('upload_1'))).toMatchObject({ code: 'session_unreadable' });
    expect(await errorOf(() => where.create(recordOf(), noPatience))).toMatchObject({
      code: expect.stringMatching(/^session_un(writ|read)able$/),
    });
    expect(await errorOf(() => sessions.create(recordOf(), noPatience))).toMatchObject({
      code: 'session_unwritable',
    });
  });
});

describe('a record that cannot be used', () => {
  it.each([
    ['of a newer version', '{"schemaVersion": 99,\n  "uploadId": "upload_1"}', 'session_newer'],
    ['that was cut off', JSON.stringify(recordOf()).slice(0, 100), 'session_corrupt'],
    ['that is empty', '', 'session_corrupt'],
    ['that speaks of another upload', JSON.stringify(recordOf({ uploadId: 'upload_2' })), 'session_corrupt'],
  ])('%s is refused and left as it is, byte for byte', async (_, text, code) => {
    const { sessions, directory, put } = await setUp();
    await put('upload_1.json', text);
    expect(await errorOf(() => sessions.read('upload_1'))).toMatchObject({ code });
    await sessions.list();
    const error = await errorOf(() => sessions.create(recordOf(), noPatience));
    expect(['session_unwritable', 'session_corrupt']).toContain((error as UploadError).code);
    expect(await readFile(join(directory, 'upload_1.json'), 'utf8')).toBe(text);
    expect(await filesOf(directory)).toEqual(['upload_1.json']);
  });

  it.skipIf(lacks('links'))('is not read through a link, nor written through one', async () => {
    const { sessions, folder, directory } = await setUp();
    await mkdir(directory, { recursive: true });
    const target = join(folder, 'target.json');
    await writeFile(target, JSON.stringify(recordOf()));
    await symlink(target, join(directory, 'upload_1.json'));
    expect(await errorOf(() => sessions.read('upload_1'))).toMatchObject({ code: 'session_corrupt' });
    expect(await errorOf(() => sessions.create(recordOf(), noPatience))).toMatchObject({
      code: 'session_corrupt',
    });
    expect((await sessions.list()).unusable).toHaveLength(1);
    expect(await readFile(target, 'utf8')).toBe(JSON.stringify(recordOf()));
  });

  it('is no directory', async () => {
    const { sessions, directory } = await setUp();
    await mkdir(join(directory, 'upload_1.json'), { recursive: true });
    expect(await errorOf(() => sessions.read('upload_1'))).toMatchObject({ code: 'session_corrupt' });
  });

  it('is told apart from one that is good: reading rewrites neither', async () => {
    const { sessions, directory, put } = await setUp();
    const text = `${JSON.stringify(recordOf())}\n\n`;
    await put('upload_1.json', text);
    expect((await sessions.read('upload_1'))?.record).toEqual(recordOf());
    expect(await readFile(join(directory, 'upload_1.json'), 'utf8')).toBe(text);
  });
});
