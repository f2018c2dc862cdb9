import { appendFile, readFile, rename, rm, truncate, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { describe, expect, it, onTestFinished } from 'vitest';
import { isSameFile, openAppender, openLines } from '../../../src/job/append.ts';
import { lacks } from '../../helpers/lacks.ts';
import { temporaryFolder } from '../../helpers/temporary.ts';

async function setUp() {
  const path = join(await temporaryFolder(), 'a.jsonl');
  const appender = await openAppender(path);
  onTestFinished(() => appender.close());
  await appender.add({ first: true });
  return { path, appender };
}

const REPLACED = [
  'replaces',
  (path: string) => writeFile(`${path}.new`, '{}\n').then(() => rename(`${path}.new`, path)),
] as const;

describe('a journal that another program', () => {
  it.each<readonly [string, (path: string) => Promise<unknown>]>([
    ['removes', (path) => rm(path)],
    ['cuts', (path) => truncate(path, 5)],
    ['empties', (path) => truncate(path, 0)],
    ...(lacks('openfiles') ? [] : [REPLACED]),
  ])('%s takes no more lines', async (_, disturb) => {
    const { path, appender } = await setUp();
    await disturb(path);
    const before = await readFile(path, 'utf8').catch(() => undefined);

    await expect(appender.add({ second: true })).rejects.toMatchObject({
      code: 'manifest_unusable',
      message: `the manifest ${path} was removed, replaced or cut while it was in use`,
    });

    expect(await readFile(path, 'utf8').catch(() => undefined)).toBe(before);
  });

  it('adds lines to takes more of ours', async () => {
    const { path, appender } = await setUp();
    await appendFile(path, '{"other":true}\n');

    await appender.add({ second: true });

    expect(await readFile(path, 'utf8')).toBe('{"first":true}\n{"other":true}\n{"second":true}\n');
  });

  it.each([
    ['cuts', ''],
    ['overwrites', '{"first":tru\n\n'],
  ])('%s does not have the lines that it had', async (_, text) => {
    const { path, appender } = await setUp();
    const lineAt = openLines(appender.fd, path);
    await writeFile(path, text);

    expect(() => lineAt(0)).toThrowError(expect.objectContaining({ code: 'manifest_unusable' }));
  });
});

describe('an open file', () => {
  const [open, there] = [
    { dev: 1n, ino: 5n },
    { dev: 0n, ino: 5n },
  ];

  it('is the one at a path that has the same number on the same disk', () => {
    expect(isSameFile(open, open, 'linux')).toBe(true);
    expect(isSameFile(open, there, 'linux')).toBe(false);
    expect(isSameFile(open, { ...open, ino: 6n }, 'linux')).toBe(false);
    expect(isSameFile(open, undefined, 'linux')).toBe(false);
  });

  it('is so on Windows by its number alone, since some versions of Node tell the disk only of one', () => {
    expect(isSameFile(open, there, 'win32')).toBe(true);
    expect(isSameFile(open, { ...there, ino: 6n }, 'win32')).toBe(false);
  });
});
