import { execFile } from 'node:child_process';
import { chmod, mkdir, rename, stat, symlink, utimes, writeFile } from 'node:fs/promises';
import { createServer } from 'node:net';
import { join, relative } from 'node:path';
import { promisify } from 'node:util';
import { describe, expect, it, onTestFinished } from 'vitest';
import { inspectFile, isUntouched } from '../../../src/source/inspect-file.ts';
import { lacks } from '../../helpers/lacks.ts';
import { errorOf, temporaryFolder } from '../../helpers/temporary.ts';

const run = promisify(execFile);
const isRoot = process.getuid?.() === 0;

async function setUp() {
  const folder = await temporaryFolder();
  const path = join(folder, 'a.bin');
  await writeFile(path, 'abc');
  return { folder, path };
}

describe('inspecting a file', () => {
  it('tells its size, times and inode exactly, and its absolute path', async () => {
    const { path } = await setUp();
    const { mtimeNs, ctimeNs, ino } = await stat(path, { bigint: true });
    expect(await inspectFile(relative(process.cwd(), path))).toEqual({
      path,
      bytes: 3,
      modifiedNs: String(mtimeNs),
      changedNs: String(ctimeNs),
      inode: String(ino),
    });
  });

  it.skipIf(lacks('links'))('follows a link to the file it means', async () => {
    const { folder, path } = await setUp();
    await symlink(path, join(folder, 'link'));
    expect(await inspectFile(join(folder, 'link'))).toMatchObject({ bytes: 3, path: join(folder, 'link') });
  });

  it.each([
    ['that is not there', 'nowhere', /nowhere does not exist/],
    ['in something that is no folder', 'a.bin/b', /does not exist/],
    ['with a name no file can have', 'x'.repeat(5000), /does not exist/],
  ])('finds none %s', async (_, name, message) => {
    const { folder } = await setUp();
    const error = await errorOf(() => inspectFile(join(folder, name)));
    expect(error).toMatchObject({ code: 'source_not_found', message: expect.stringMatching(message) });
  });

  it('takes no empty name for the directory we are in', async () => {
    expect(await errorOf(() => inspectFile(''))).toMatchObject({
      code: 'source_not_found',
      message: 'the name of the file is empty',
    });
  });

  it('says what becomes of a name that is no UTF-8, which cannot be passed on', async () => {
    const { folder } = await setUp();
    expect(await errorOf(() => inspectFile(join(folder, 'b\uFFFDd')))).toMatchObject({
      code: 'source_not_found',
      hint: 'If its name is not UTF-8, rename it or push it as standard input.',
    });
  });

  it.skipIf(lacks('links'))('says of a broken link that it is one', async () => {
    const { folder } = await setUp();
    await symlink(join(folder, 'gone'), join(folder, 'link'));
    expect(await errorOf(() => inspectFile(join(folder, 'link')))).toMatchObject({
      code: 'source_not_found',
      message: expect.stringContaining('is a link to a file that does not exist'),
    });
  });

  it('refuses a directory', async () => {
    const { folder } = await setUp();
    await mkdir(join(folder, 'd'));
    expect(await errorOf(() => inspectFile(join(folder, 'd')))).toMatchObject({
      code: 'source_not_a_file',
      message: expect.stringContaining('a directory'),
      hint: 'Name the files in it, or take them with `filesIn`.',
      facts: { path: join(folder, 'd') },
    });
  });

  it.skipIf(lacks('pipes'))('refuses a pipe without waiting for somebody to write into it', async () => {
    const { folder } = await setUp();
    await run('mkfifo', [join(folder, 'pipe')]);
    expect(await errorOf(() => inspectFile(join(folder, 'pipe')))).toMatchObject({
      code: 'source_not_a_file',
      message: expect.stringContaining('a pipe'),
    });
  });

  it.skipIf(lacks('pipes'))('refuses a socket and a device', async () => {
    const { folder } = await setUp();
    const server = createServer();
    await new Promise<void>((resolve) => server.listen(join(folder, 's'), resolve));
    onTestFinished(() => void server.close());
    expect(await errorOf(() => inspectFile(join(folder, 's')))).toMatchObject({
      message: expect.stringContaining('a socket'),
    });
    expect(await errorOf(() => inspectFile('/dev/null'))).toMatchObject({
      code: 'source_not_a_file',
      message: expect.stringContaining('a device'),
    });
  });

  it.skipIf(lacks('links'))('says what is wrong with a link that leads to itself', async () => {
    const { folder } = await setUp();
    await symlink('loop', join(folder, 'loop'));
    expect(await errorOf(() => inspectFile(join(folder, 'loop')))).toMatchObject({
      code: 'source_unreadable',
      message: expect.stringContaining('ELOOP'),
      hint: 'A link on its path leads back to itself.',
    });
  });

  it.skipIf(isRoot || lacks('modes'))('refuses a file that this user may not read', async () => {
    const { path } = await setUp();
    await chmod(path, 0);
    expect(await errorOf(() => inspectFile(path))).toMatchObject({ code: 'source_unreadable' });
  });
});

describe('a file', () => {
  it('is untouched while nobody writes to it', async () => {
    const { path } = await setUp();
    expect(isUntouched(await inspectFile(path), await inspectFile(path))).toBe(true);
  });

  it.each<[string, (path: string) => Promise<unknown>]>([
    ['it was written to', (path) => writeFile(path, 'abcd')],
    ['its time was set', (path) => utimes(path, 1, 1)],
    ['its mode was changed', (path) => chmod(path, 0o600)],
    [
      'another was put in its place',
      async (path) => {
        await writeFile(`${path}.new`, 'abc');
        await rename(`${path}.new`, path);
      },
    ],
  ])('is touched when %s', async (_, touch) => {
    const { path } = await setUp();
    const before = await inspectFile(path);
    await touch(path);
    expect(isUntouched(before, await inspectFile(path))).toBe(false);
  });
});
