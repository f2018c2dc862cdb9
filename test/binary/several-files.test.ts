import { spawnSync } from 'node:child_process';
import { openSync } from 'node:fs';
import { join } from 'node:path';
import { describe, expect } from 'vitest';
import { test } from '../helpers/fixtures.ts';
import { lacks } from '../helpers/lacks.ts';
import { makeFile } from '../helpers/make-file.ts';
import { PROGRAM, PROGRAM_ARGS } from '../helpers/run-cli.ts';

const linesOf = (text: string) => text.trimEnd().split('\n');

describe('openai-upload push of several files', () => {
  test('sends small ones several at a time, never more than allowed, and gives the ids in order', async ({
    folder,
    server,
    cli,
  }) => {
    const names = Array.from({ length: 12 }, (_, index) => `${index}.bin`);
    for (const [index, name] of names.entries()) await makeFile(join(folder, name), 1000 + index);
    // The second stands still until three are on their way.
    server.addFaults({ call: 'part', nth: 2, kind: 'hold', label: 'second' });

    const run = cli.start(['push', ...names, '--purpose', 'vision', '--concurrency', '3', '--json']);
    await server.waitForHeld('second');
    await server.waitFor((all) => all.filter(({ call }) => call === 'complete').length >= 5);
    server.release('second');
    const { code, stdout, stderr } = await run.result;

    expect(code).toBe(0);
    const results = linesOf(stdout).map((line) => JSON.parse(line));
    expect(results.map(({ filename, bytes }) => [filename, bytes])).toEqual(
      names.map((name, index) => [name, 1000 + index]),
    );
    expect(new Set(results.map(({ file_id }) => file_id)).size).toBe(12);
    expect(server.mostPartsInFlight()).toBeGreaterThan(1);
    expect(server.mostPartsInFlight()).toBeLessThanOrEqual(3);
    expect(linesOf(stderr).at(-1)).toMatch(/^12 of 12 files uploaded: 12\.1 kB in /);
  });

  test('begins with the next file before the last part of a large one is there', async ({
    folder,
    server,
    cli,
  }) => {
    await makeFile(join(folder, 'large.bin'), 500_000);
    await makeFile(join(folder, 'next.bin'), 1000);
    server.addFaults({ call: 'part', nth: 5, kind: 'hold', label: 'last' });
    const flags = ['--purpose', 'vision', '--part-size', '100000', '--concurrency', '2'];

    const run = cli.start(['push', 'large.bin', 'next.bin', ...flags]);
    await server.waitForHeld('last');
    await server.waitFor((all) => all.some(({ call, status }) => call === 'complete' && status === 200));
    expect(server.files().map(({ filename }) => filename)).toEqual(['next.bin']);
    server.release('last');
    const { code, stdout } = await run.result;

    const idOf = (name: string) => server.files().find(({ filename }) => filename === name)?.id;
    expect([code, stdout]).toEqual([0, `${idOf('large.bin')}\n${idOf('next.bin')}\n`]);
  });

  test('goes on after a file that fails, and ends with its code', async ({ folder, server, cli }) => {
    for (const name of ['a.bin', 'c.bin', 'd.bin']) await makeFile(join(folder, name), 1000);
    await makeFile(join(folder, 'empty.bin'), 0);
    const files = ['a.bin', 'missing.bin', 'c.bin', 'empty.bin', 'd.bin'];

    const { code, stdout, stderr } = await cli.run(['push', ...files, '--purpose', 'vision', '--json']);

    expect(code).toBe(3);
    const results = linesOf(stdout).map((line) => JSON.parse(line));
    expect(results.map(({ status, error }) => error?.code ?? status)).toEqual([
      'completed',
      'source_not_found',
      'completed',
      'source_empty',
      'completed',
    ]);
    expect(server.files()).toHaveLength(3);
    expect(linesOf(stderr).at(-2)).toMatch(/^3 of 5 files uploaded, 2 failed: 3\.0 kB in /);
    expect(linesOf(stderr).at(-1)).toMatch(/openai-upload resume job_/);
  });

  test('asks once with a key that is refused, and tries no other file', async ({ folder, server, cli }) => {
    const names = Array.from({ length: 6 }, (_, index) => `${index}.bin`);
    for (const name of names) await makeFile(join(folder, name), 1000);
    server.addFaults({ call: 'create', nth: 'every', kind: 'status', status: 401 });

    const { code, stdout } = await cli.run(['push', ...names, '--purpose', 'vision', '--json']);

    expect(code).toBe(7);
    expect(server.requests('create')).toHaveLength(1);
    const errors = linesOf(stdout).map((line) => JSON.parse(line).error);
    expect(errors.filter(({ message }) => message.startsWith('not tried: '))).toHaveLength(5);
    // One command continues all of them.
    expect(new Set(errors.map((error) => error.resume_command)).size).toBe(1);
    expect(errors[0].resume_command).toMatch(/^openai-upload resume .*job_/);
  });

  test('tries few of many files where the server cannot be reached', async ({ folder, server, cli }) => {
    const names = Array.from({ length: 40 }, (_, index) => `${index}.bin`);
    for (const name of names) await makeFile(join(folder, name), 1000);
    server.addFaults({ call: 'create', nth: 'every', kind: 'reset', when: 'start' });

    const flags = ['--purpose', 'vision', '--retries', '0', '--concurrency', '2', '--json'];
    const { code, stdout, stderr } = await cli.run(['push', ...names, ...flags]);

    expect(code).toBe(5);
    const messages = linesOf(stdout).map((line) => JSON.parse(line).error.message);
    expect(messages.filter((message) => message.startsWith('not tried: ')).length).toBeGreaterThan(25);
    expect(linesOf(stderr).at(-1)).toMatch(/openai-upload resume job_/);
  });

  test('shows no warning of Node when many connections are cut at once', async ({ folder, server, cli }) => {
    const names = Array.from({ length: 40 }, (_, index) => `${index}.bin`);
    for (const name of names) await makeFile(join(folder, name), 1000);
    server.addFaults({ call: 'create', nth: 'every', kind: 'reset', when: 'start' });

    const flags = ['--purpose', 'vision', '--retries', '0', '--concurrency', '16'];
    const { code, stderr } = await cli.run(['push', ...names, ...flags]);

    expect([code, linesOf(stderr).filter((line) => line.startsWith('(node:'))]).toEqual([5, []]);
  });

  test('goes on with the others while it waits for files that another process works on', async ({
    folder,
    server,
    cli,
  }) => {
    const locked = Array.from({ length: 5 }, (_, index) => `locked-${index}.bin`);
    const names = [...locked, 'free.bin', 'last.bin'];
    for (const name of names) await makeFile(join(folder, name), 1000);
    for (const [index, name] of locked.entries())
      server.addFaults({ call: 'part', nth: index + 1, kind: 'hold', label: name });
    const other = cli.start(['push', ...locked, '--purpose', 'vision', '--concurrency', '5']);
    for (const name of locked) await server.waitForHeld(name);

    const flags = ['--purpose', 'vision', '--concurrency', '2', '--wait-lock', '1m'];
    const run = cli.start(['push', ...names, ...flags]);
    await server.waitFor(
      (all) => all.filter(({ call, status }) => call === 'complete' && status === 200).length === 2,
    );
    expect(new Set(server.files().map(({ filename }) => filename))).toEqual(
      new Set(['free.bin', 'last.bin']),
    );
    for (const name of locked) server.release(name);
    const [theirs, { code, stdout }] = [await other.result, await run.result];

    expect([theirs.code, code]).toEqual([0, 0]);
    const ids = linesOf(stdout);
    expect(ids.slice(0, 5)).toEqual(linesOf(theirs.stdout));
    expect(new Set(ids).size).toBe(7);
  });

  test('uploads a file that is named twice two times, one after the other', async ({
    folder,
    server,
    cli,
  }) => {
    await makeFile(join(folder, 'a.bin'), 1000);
    const { code, stdout } = await cli.run(['push', 'a.bin', 'a.bin', '--purpose', 'vision']);
    expect(code).toBe(0);
    expect(linesOf(stdout)).toEqual(server.files().map(({ id }) => id));
    expect(server.files()).toHaveLength(2);
  });
});

test.skipIf(lacks('linux'))(
  'a full disk under stdout is told once, and exits with 10',
  async ({ folder, cli }) => {
    for (const name of ['a.bin', 'b.bin']) await makeFile(join(folder, name), 100);
    const args = [...PROGRAM_ARGS, 'check', 'a.bin', 'b.bin', '--purpose', 'vision', '--json'];
    const { status, stderr } = spawnSync(PROGRAM, args, {
      cwd: folder,
      env: { PATH: process.env.PATH, ...cli.env },
      stdio: ['ignore', openSync('/dev/full', 'w'), 'pipe'],
      encoding: 'utf8',
    });
    expect([status, stderr.match(/cannot be written to stdout/g)?.length]).toEqual([10, 1]);
  },
);
