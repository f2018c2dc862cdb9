import { mkdir, writeFile } from 'node:fs/promises';
import { dirname, join } from 'node:path';
import { describe, expect } from 'vitest';
import { test } from '../helpers/fixtures.ts';
import { batchLines, writeLines } from '../helpers/jsonl.ts';
import { makeFile } from '../helpers/make-file.ts';

const objectsOf = (stdout: string) =>
  stdout
    .split('\n')
    .filter(Boolean)
    .map((line) => JSON.parse(line));

async function makeTree(folder: string, paths: readonly string[]): Promise<void> {
  for (const [index, path] of paths.entries()) {
    await mkdir(dirname(join(folder, path)), { recursive: true });
    await makeFile(join(folder, path), 1000 + index, index + 1);
  }
}

describe('openai-upload push --recursive', () => {
  test('uploads the files of a folder in the order of their paths', async ({ folder, server, cli }) => {
    await makeTree(folder, ['data/b/1.bin', 'data/a.bin', 'data/b/.hidden', 'data/c/1.bin', 'other.bin']);
    const { code, stdout, stderr } = await cli.run([
      'push',
      'data',
      'other.bin',
      '-r',
      '--purpose',
      'vision',
      '--json',
    ]);
    expect(code).toBe(0);
    expect(objectsOf(stdout).map(({ path }) => path)).toEqual(
      ['data/a.bin', 'data/b/1.bin', 'data/c/1.bin', 'other.bin'].map((path) => join(folder, path)),
    );
    expect(server.files()).toHaveLength(4);
    expect(stderr).toContain('several files are called 1.bin');
    expect(stderr).toMatch(/\n4 files uploaded: /);
  });

  test('takes what globs say', async ({ folder, cli }) => {
    await makeTree(folder, ['data/a.bin', 'data/a.txt', 'data/tmp/b.bin']);
    const globs = ['--include', '*.bin', '--include', '*.md', '--exclude', 'tmp'];
    const { stdout } = await cli.run(['push', 'data', '-r', ...globs, '--purpose', 'vision', '--json']);
    expect(objectsOf(stdout).map(({ filename }) => filename)).toEqual(['a.bin']);
  });

  test('fails alone for what does not suit the purpose, or skips it', async ({ folder, server, cli }) => {
    await mkdir(join(folder, 'data'));
    await writeLines(join(folder, 'data', 'a.jsonl'), batchLines(2));
    await writeFile(join(folder, 'data', 'b.png'), 'x');
    const push = ['push', 'data', '-r', '--purpose', 'batch', '--json'];

    const refused = await cli.run(push);
    expect(refused.code).toBe(3);
    expect(objectsOf(refused.stdout).map(({ status }) => status)).toEqual(['completed', 'failed']);

    const skipping = await cli.run([...push, '--skip-unsuitable']);
    expect(skipping.code).toBe(0);
    expect(objectsOf(skipping.stdout).map(({ status }) => status)).toEqual(['completed', 'skipped']);
    expect(skipping.stderr).toContain(`skipped ${join('data', 'b.png')}: `);
    // What is done is not sent again.
    expect(server.files()).toHaveLength(1);
  });

  test('is what a folder needs', async ({ folder, server, cli }) => {
    await makeTree(folder, ['data/a.bin']);
    for (const command of ['push', 'check']) {
      const { code, stderr } = await cli.run([command, 'data', '--purpose', 'vision']);
      expect(code).toBe(2);
      expect(stderr).toContain('data is a folder: give --recursive (-r)');
    }
    expect((await cli.run(['push', 'a', '--hidden', '--purpose', 'vision'])).code).toBe(2);
    expect(server.requests()).toEqual([]);
  });

  test('of a folder without files does nothing, and says so', async ({ folder, cli }) => {
    await mkdir(join(folder, 'data'));
    const { code, stderr } = await cli.run(['push', 'data', '-r', '--purpose', 'vision']);
    expect(code).toBe(0);
    expect(stderr).toContain('nothing to push: no file was found\n');
  });

  test('sends the files of one shard', async ({ folder, server, cli }) => {
    const names = Array.from({ length: 9 }, (_, index) => `data/${index}.bin`);
    await makeTree(folder, names);
    for (const shard of ['1/2', '2/2'])
      expect((await cli.run(['push', 'data', '-r', '--shard', shard, '--purpose', 'vision'])).code).toBe(0);
    expect(server.files()).toHaveLength(9);
  });
});

test('openai-upload check takes folders as well', async ({ folder, server, cli }) => {
  await mkdir(join(folder, 'data', 'sub'), { recursive: true });
  await writeLines(join(folder, 'data', 'sub', 'a.jsonl'), batchLines(2));
  const { code, stdout } = await cli.run(['check', 'data', '-r', '--purpose', 'batch', '--json']);
  expect([code, objectsOf(stdout).length]).toEqual([0, 1]);
  expect(server.requests()).toEqual([]);
});
