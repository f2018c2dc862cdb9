import { copyFile, mkdir, readdir, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { describe, expect } from 'vitest';
import { namesOfShard } from '../../src/local/names-of-shard.ts';
import { type Cli, test } from '../helpers/fixtures.ts';
import { makeFile } from '../helpers/make-file.ts';
import type { CliResult, CliRun } from '../helpers/run-cli.ts';

const SHARDS = 4;
const names = Array.from({ length: 40 }, (_, index) => `data/${index}.bin`);
const shareOf = (index: number) => namesOfShard(names, { index, count: SHARDS });
const indexes = Array.from({ length: SHARDS }, (_, index) => index + 1);

/** Each of other bytes. @returns the MD5 of each, by name */
async function makeFiles(folder: string): Promise<ReadonlyMap<string, string>> {
  await mkdir(join(folder, 'data'));
  await writeFile(join(folder, 'list.txt'), `${names.join('\n')}\n`);
  const sums = names.map(
    async (name, index) => [name, await makeFile(join(folder, name), 1000 + index, index + 1)] as const,
  );
  return new Map(await Promise.all(sums));
}

const push = (flags: readonly string[]) => [
  ...['push', '--files-from', 'list.txt', '--purpose', 'vision', '--concurrency', '2', '--json'],
  ...['--if-not-uploaded', ...flags],
];
const results = ({ stdout }: CliResult) =>
  stdout
    .split('\n')
    .filter(Boolean)
    .map((line) => JSON.parse(line));

describe('four processes with one list and one state directory', () => {
  interface Fleet {
    readonly flags: (index: number) => readonly string[];
    /** The files that a process is to give, in order. */
    readonly share: (index: number) => readonly string[];
    readonly mayBeKilled: (index: number, name: string) => boolean;
  }
  const fleets: readonly (readonly [string, Fleet])[] = [
    [
      'a shard each',
      {
        flags: (index) => ['--shard', `${index}/${SHARDS}`],
        share: shareOf,
        mayBeKilled: (index, name) => shareOf(index).includes(name),
      },
    ],
    [
      'all of it, and patience',
      { flags: () => ['--wait-lock', '10m'], share: () => names, mayBeKilled: (index) => index === 1 },
    ],
  ];

  test.for(fleets)(
    'for %s, upload every file once, also when one is killed in the midst and started again',
    { timeout: 180_000 },
    async ([, { flags, share, mayBeKilled }], { folder, server, cli }) => {
      const sums = await makeFiles(folder);
      server.addFaults({ call: 'part', nth: 15, kind: 'hold', label: 'midst' });
      const start = (index: number): CliRun => cli.start(push(flags(index)));
      const runs = new Map(indexes.map((index) => [index, start(index)]));
      await server.waitForHeld('midst');
      const held = server.upload(server.requests('part')[14]?.uploadId ?? '');
      const victim = indexes.find((index) => mayBeKilled(index, `data/${held?.filename}`)) ?? 0;
      runs.get(victim)?.child.kill('SIGKILL');
      expect(await runs.get(victim)?.result).toMatchObject({ signal: 'SIGKILL' });
      server.release('midst');
      runs.set(victim, start(victim));

      const ends = await Promise.all(indexes.map((index) => runs.get(index)?.result as Promise<CliResult>));

      expect(ends.map(({ code, stderr }) => (code === 0 ? '' : stderr))).toEqual(ends.map(() => ''));
      const files = server.files();
      expect(files.map(({ filename }) => `data/${filename}`).toSorted()).toEqual(names.toSorted());
      for (const { id, filename } of files) expect(server.fileMd5(id)).toBe(sums.get(`data/${filename}`));
      const idOf = new Map(files.map(({ id, filename }) => [`data/${filename}`, id]));
      for (const [at, end] of ends.entries())
        expect(results(end).map(({ file_id }) => file_id)).toEqual(
          share(at + 1).map((name) => idOf.get(name)),
        );
    },
  );

  test('have nothing left to send when all is run once more, whatever the shards are then', async ({
    folder,
    server,
    cli,
  }) => {
    await makeFiles(folder);
    expect((await cli.run(push([]))).code).toBe(0);
    const requests = server.requests().length;
    await cli.run(['prune']);

    const runs = await Promise.all([1, 2, 3].map((index) => cli.run(push(['--shard', `${index}/3`]))));

    expect(runs.map(({ code }) => code)).toEqual([0, 0, 0]);
    const again = runs.flatMap(results);
    expect(again.map(({ already_uploaded, bytes_sent }) => [already_uploaded, bytes_sent])).toEqual(
      names.map(() => [true, 0]),
    );
    expect(new Set(again.map(({ file_id }) => file_id))).toEqual(new Set(server.files().map(({ id }) => id)));
    expect(
      server
        .requests()
        .slice(requests)
        .map(({ call }) => call),
    ).toEqual(names.map(() => 'getFile'));
  });
});

describe('two processes with the same bytes under two names', () => {
  test('make one file: the second ends with 11, or waits and gives the id of the first', async ({
    folder,
    server,
    cli,
  }) => {
    await makeFile(join(folder, 'a.bin'), 5000);
    await copyFile(join(folder, 'a.bin'), join(folder, 'b.bin'));
    const once = (name: string) => ['push', name, '--purpose', 'vision', '--if-not-uploaded', '--json'];
    server.addFaults({ call: 'part', nth: 1, kind: 'hold', label: 'first' });
    const first = cli.start(once('a.bin'));
    await server.waitForHeld('first');
    const patient = cli.start([...once('b.bin'), '--wait-lock', '1m']);
    await patient.waitForStderr('waiting');

    const impatient = await cli.run(once('b.bin'));
    server.release('first');

    expect(impatient.code).toBe(11);
    expect(impatient.stderr).toMatch(/process \d+ on .* is working on the bytes of .*b\.bin/);
    const [a] = results(await first.result);
    const [b] = results(await patient.result);
    expect(b).toMatchObject({ file_id: a.file_id, upload_id: a.upload_id, already_uploaded: true });
    expect(server.requests('create')).toHaveLength(1);
    expect(await locksIn(cli)).toEqual([]);
  });

  test('of which one is killed: the other takes over the bytes at once', async ({ folder, server, cli }) => {
    await makeFile(join(folder, 'a.bin'), 5000);
    await copyFile(join(folder, 'a.bin'), join(folder, 'b.bin'));
    const once = (name: string) => ['push', name, '--purpose', 'vision', '--if-not-uploaded'];
    server.addFaults({ call: 'part', nth: 1, kind: 'hold', label: 'killed' });
    const first = cli.start(once('a.bin'));
    await server.waitForHeld('killed');
    first.child.kill('SIGKILL');
    await first.result;
    server.release('killed');

    const second = await cli.run(once('b.bin'));
    const again = await cli.run(once('a.bin'));

    expect([second.code, again.code]).toEqual([0, 0]);
    expect(again.stdout).toBe(second.stdout);
    expect(server.files()).toHaveLength(1);
  });
});

async function locksIn({ stateDir }: Cli): Promise<readonly string[]> {
  const all = await readdir(stateDir, { recursive: true });
  return all.filter((name) => name.includes('.lock'));
}
