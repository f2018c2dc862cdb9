import { mkdir, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { describe, expect } from 'vitest';
import { namesOfShard } from '../../src/local/names-of-shard.ts';
import { type Cli, test } from '../helpers/fixtures.ts';
import { batchLines, writeLines } from '../helpers/jsonl.ts';
import { lacks } from '../helpers/lacks.ts';
import { makeFile } from '../helpers/make-file.ts';

const vision = ['--purpose', 'vision', '--json'];
/** What a list may name: none of it is a comment, a flag or an end. */
const STRANGE = ['#a.bin', ' b .bin', ';c.bin', '-d.bin', 'é.bin', ...(lacks('names') ? [] : ['e\t.bin'])];

async function makeFiles(folder: string, names: readonly string[]): Promise<void> {
  for (const [index, name] of names.entries()) await makeFile(join(folder, name), 1000 + index, index + 1);
}

const namesIn = (stdout: string) =>
  stdout
    .split('\n')
    .filter(Boolean)
    .map((line) => JSON.parse(line).filename);

/** Gives a list to standard input. */
async function pipe(cli: Cli, args: readonly string[], list: string | Buffer) {
  const run = cli.pipe(args);
  run.child.stdin?.end(list);
  return await run.result;
}

describe('openai-upload push --files-from', () => {
  test('takes each line for a path, in order, after those of the arguments', async ({ folder, cli }) => {
    await makeFiles(folder, [...STRANGE, 'first.bin', 'last.bin']);
    await writeFile(join(folder, 'a.txt'), `\ufeff${STRANGE.join('\n')}\n\n`);
    await writeFile(join(folder, 'b.txt'), 'last.bin\r\n\r\n');

    const lists = ['--files-from', 'a.txt', '--files-from', 'b.txt'];
    const { code, stdout } = await cli.run(['push', 'first.bin', ...lists, ...vision]);

    expect([code, namesIn(stdout)]).toEqual([0, ['first.bin', ...STRANGE, 'last.bin']]);
  });

  test('with -0 takes names that have line breaks in them, from standard input', async ({ folder, cli }) => {
    const names = lacks('names') ? ['a b.bin', '-'] : ['a\nb.bin', 'c\r.bin', '-'];
    await makeFiles(folder, names);

    const { code, stdout } = await pipe(
      cli,
      ['push', '--files-from', '-', '-0', ...vision],
      `${names.join('\0')}\0`,
    );

    expect([code, namesIn(stdout)]).toEqual([0, names]);
  });

  test('goes by the folder that it runs in, and refuses what is no file as an argument would be', async ({
    folder,
    server,
    cli,
  }) => {
    await mkdir(join(folder, 'sub'));
    await makeFiles(folder, ['sub/a.bin']);
    await writeFile(join(folder, 'sub', 'list'), 'sub/a.bin\nsub\nmissing.bin\n');

    const { code, stdout, stderr } = await cli.run(['push', '--files-from', 'sub/list', ...vision]);

    expect(code).toBe(3);
    const results = stdout
      .split('\n')
      .filter(Boolean)
      .map((line) => JSON.parse(line));
    expect(results.map(({ status, error }) => error?.code ?? status)).toEqual([
      'completed',
      'source_not_a_file',
      'source_not_found',
    ]);
    expect(stderr).toContain('is a directory');
    expect(server.files()).toHaveLength(1);
  });

  test.for<[string, string, RegExp]>([
    ['is not there', 'other', /the list list cannot be read: ENOENT/],
    ['is a folder', 'folder', /the list list cannot be read: it is a directory, not a file/],
    ['is not in UTF-8', '\xff.bin\n', /the list list is not in UTF-8/],
    ['holds NULs', 'a\0b\0', /the list list holds NUL .*\n.*--null/],
  ])(
    'ends with 2 when the list %s, and sends nothing',
    async ([why, text, message], { folder, server, cli }) => {
      const path = join(folder, 'list');
      if (why === 'is a folder') await mkdir(path);
      else if (why !== 'is not there') await writeFile(path, Buffer.from(text, 'latin1'));

      const { code, stdout, stderr } = await cli.run(['push', '--files-from', 'list', ...vision]);

      expect(code).toBe(2);
      expect(JSON.parse(stdout)).toMatchObject({ status: 'failed', path: null, error: { code: 'usage' } });
      expect(stderr).toMatch(message);
      expect(server.requests()).toEqual([]);
    },
  );

  test.skipIf(lacks('linux'))('is not waited for when it has nothing to read yet', async ({ cli }) => {
    // A regular file for all that can be seen, which waits for the next message of the kernel.
    expect((await cli.run(['check', '--files-from', '/proc/kmsg', ...vision])).signal).toBeNull();
  });

  test('of an empty list does nothing, says so, and is no failure', async ({ folder, server, cli }) => {
    await writeFile(join(folder, 'empty'), '\n\n');
    expect(await cli.run(['push', '--files-from', 'empty', ...vision])).toEqual({
      code: 0,
      signal: null,
      stdout: '',
      stderr: 'nothing to push: the list is empty\n',
    });
    expect((await cli.run(['push', '--files-from', 'empty', ...vision, '--quiet'])).stderr).toBe('');
    expect(server.requests()).toEqual([]);
  });

  test('is one failure when the configuration cannot be used', async ({ folder, cli }) => {
    await writeFile(join(folder, 'config.json'), '{');
    const env = { OPENAI_UPLOAD_CONFIG_DIR: folder };
    const { code, stdout } = await cli.run(['push', '--files-from', 'list', ...vision], env);
    expect([code, JSON.parse(stdout).error.code]).toEqual([10, 'config_unusable']);
  });
});

describe('openai-upload push --shard', () => {
  const names = Array.from({ length: 9 }, (_, index) => `${index}.bin`);

  test('takes its share of the arguments and of the list, in their order', async ({ folder, cli }) => {
    await makeFiles(folder, names);
    await writeFile(join(folder, 'list'), `${names.slice(4).join('\n')}\n`);
    for (const index of [1, 2]) {
      const share = namesOfShard(names, { index, count: 2 });
      const flags = ['--files-from', 'list', '--shard', `${index}/2`, ...vision];
      const { code, stdout, stderr } = await cli.run(['push', ...names.slice(0, 4), ...flags]);
      expect([code, namesIn(stdout)]).toEqual([0, [...share]]);
      expect(stderr).toContain(`shard ${index}/2: ${share.length} of 9 files\n`);
    }
  });

  test('of which there is nothing does nothing, says so, and is no failure', async ({ server, cli }) => {
    const empty = [1, 2].find((index) => namesOfShard(['a.bin'], { index, count: 2 }).length === 0);
    const { code, stdout, stderr } = await cli.run(['push', 'a.bin', '--shard', `${empty}/2`, ...vision]);
    expect([code, stdout]).toEqual([0, '']);
    expect(stderr).toBe(`nothing to push: shard ${empty}/2 has none of 1 files\n`);
    expect(server.requests()).toEqual([]);
  });
});

test('openai-upload check takes lists and shards as well', async ({ folder, server, cli }) => {
  const names = ['a.jsonl', 'b.jsonl', 'c.jsonl', 'd.jsonl', 'e.jsonl', 'f.jsonl'];
  for (const name of names) await writeLines(join(folder, name), batchLines(2));
  const checked: string[] = [];
  for (const index of [1, 2, 3]) {
    const args = ['check', '--files-from', '-', '--shard', `${index}/3`, '--purpose', 'batch', '--json'];
    const { code, stdout } = await pipe(cli, args, names.join('\n'));
    expect(code).toBe(0);
    for (const line of stdout.split('\n').filter(Boolean)) checked.push(JSON.parse(line).path);
  }
  expect(checked.toSorted()).toEqual(names.map((name) => join(folder, name)));
  expect(server.requests()).toEqual([]);
});
