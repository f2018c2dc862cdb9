import { mkdir, rm, symlink, writeFile } from 'node:fs/promises';
import { dirname, join, sep } from 'node:path';
import { describe, expect, it } from 'vitest';
import { filesIn, refusalOf } from '../../../src/folder/files-in.ts';
import type { FolderOptions } from '../../../src/index.ts';
import { lacks } from '../../helpers/lacks.ts';
import { temporaryFolder } from '../../helpers/temporary.ts';

async function treeOf(...paths: readonly string[]): Promise<string> {
  const folder = await temporaryFolder();
  for (const path of paths) {
    await mkdir(dirname(join(folder, path)), { recursive: true });
    await writeFile(join(folder, path), 'x');
  }
  return folder;
}

async function found(folder: string, options?: FolderOptions): Promise<readonly string[]> {
  const paths: string[] = [];
  for await (const { path, error } of filesIn(folder, options))
    paths.push(error === undefined ? path.slice(folder.length + 1).replaceAll(sep, '/') : error.code);
  return paths;
}

describe('the files in a folder', () => {
  it('come in the order of their paths, without hidden ones', async () => {
    const folder = await treeOf('b/c/d.txt', 'b.txt', 'b0.txt', 'a', '.git/x', 'b/.hidden', 'Z/1');
    expect(await found(folder)).toEqual(['Z/1', 'a', 'b.txt', 'b/c/d.txt', 'b0.txt']);
    expect(await found(folder, { hidden: true })).toEqual(
      ['.git/x', 'Z/1', 'a', 'b.txt'].concat(['b/.hidden', 'b/c/d.txt', 'b0.txt']),
    );
  });

  it.skipIf(lacks('links'))(
    'include what links to files lead to, not what links to folders lead to',
    async () => {
      const folder = await treeOf('a/1.txt', 'b/2.txt');
      await symlink('../b', join(folder, 'a', 'other'));
      await symlink('..', join(folder, 'a', 'loop'));
      await symlink('1.txt', join(folder, 'a', 'one'));
      await symlink('missing', join(folder, 'a', 'broken'));
      expect(await found(folder)).toEqual(['a/1.txt', 'a/broken', 'a/one', 'b/2.txt']);
    },
  );

  it.each<[FolderOptions, readonly string[]]>([
    [{ include: ['*.txt'] }, ['a.txt', 'sub/b.txt', 'sub/deep/c.txt']],
    [{ include: ['sub/*.txt'] }, ['sub/b.txt']],
    [{ include: ['sub/**'] }, ['sub/b.txt', 'sub/d.md', 'sub/deep/c.txt']],
    [{ include: ['/*.txt'] }, ['a.txt']],
    [{ include: ['*.md', '*.txt'], exclude: ['b.*'] }, ['a.txt', 'sub/d.md', 'sub/deep/c.txt']],
    [{ exclude: ['deep'] }, ['a.txt', 'sub/b.txt', 'sub/d.md']],
    [{ exclude: ['sub/**'] }, ['a.txt']],
    [{ include: ['*.{md,pdf}'] }, ['sub/d.md']],
    [{ include: ['.*'], hidden: true }, []],
  ])('are those that %j selects', async (options, expected) => {
    const folder = await treeOf('a.txt', 'sub/b.txt', 'sub/d.md', 'sub/deep/c.txt');
    expect(await found(folder, options)).toEqual(expected);
  });

  it('come as soon as their folder is read, and those of a folder that cannot be read are an error', async () => {
    const folder = await treeOf('a/1', 'b/2');
    const files = filesIn(folder);
    expect(await files.next()).toMatchObject({ value: { path: join(folder, 'a/1') } });
    await rm(join(folder, 'b'), { recursive: true });
    expect(await files.next()).toMatchObject({
      value: { path: join(folder, 'b'), error: { code: 'source_unreadable' } },
    });
    expect(await files.next()).toMatchObject({ done: true });
  });
});

describe('what a purpose would refuse', () => {
  it.each([
    ['a.png', 'x', 'batch', 'check_failed'],
    ['a.jsonl', 'not json', 'batch', undefined],
    ['a.jsonl', '', 'batch', 'source_empty'],
    ['a.png', 'x', 'vision', undefined],
    ['a.exe', 'x', 'assistants', 'check_failed'],
  ])('%s holding "%s" for %s', async (name, text, purpose, code) => {
    const path = join(await temporaryFolder(), name);
    await writeFile(path, text);
    expect((await refusalOf(path, { purpose }))?.code).toBe(code);
  });

  it('is not what is missing, nor the size of what is cut', async () => {
    const folder = await temporaryFolder();
    expect(await refusalOf(join(folder, 'missing'), { purpose: 'batch' })).toBeUndefined();
  });
});
