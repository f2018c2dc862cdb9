import { execFile, execFileSync, spawn } from 'node:child_process';
import { once } from 'node:events';
import { closeSync, constants, openSync, writeSync } from 'node:fs';
import { mkdir, readFile, writeFile } from 'node:fs/promises';
import { Socket } from 'node:net';
import { join } from 'node:path';
import { text } from 'node:stream/consumers';
import { promisify } from 'node:util';
import { describe, expect } from 'vitest';
import { test } from '../helpers/fixtures.ts';
import { lacks } from '../helpers/lacks.ts';
import { IN_SHELL, PROGRAM, PROGRAM_ARGS } from '../helpers/run-cli.ts';

/** Their lines are more than a pipe holds. */
const FILES = 600;
const CHECK = 'check many --recursive --purpose user_data --json'.split(' ');
const PUSH = ['push', 'a.bin', '--purpose', 'vision'];

describe.skipIf(lacks('shell', 'pipes', 'proc'))('output', () => {
  test('is the same in a pipe, in a file and on a socket', async ({ folder, cli }) => {
    await makeMany(folder);
    const shell = shellIn(folder, cli.env);

    const { stdout } = await cli.run(CHECK);
    expect(stdout.split('\n')).toHaveLength(FILES + 1);
    expect(Buffer.byteLength(stdout)).toBeGreaterThan(65_536);

    // A shell gives its commands pipes.
    expect((await shell(`${IN_SHELL} ${CHECK.join(' ')} 2>err | cat`)).stdout).toBe(stdout);
    await shell(`${IN_SHELL} ${CHECK.join(' ')} >out 2>err`);
    expect(await readFile(join(folder, 'out'), 'utf8')).toBe(stdout);
  });

  test('for a file that may not grow is told once, and exits with 10', async ({ folder, cli }) => {
    await makeMany(folder);
    const shell = shellIn(folder, cli.env);

    const failure = await shell(`ulimit -f 8; ${IN_SHELL} ${CHECK.join(' ')} >out`).catch((error) => error);

    const told = /cannot be written to stdout \(EFBIG\)/g;
    expect([failure.code, failure.stderr.match(told)?.length]).toEqual([10, 1]);
  });

  test('for a reader that has gone does not end a push', async ({ folder, cli, server }) => {
    await writeFile(join(folder, 'a.bin'), 'some bytes');
    const pipe = await openPipe(folder);
    closeSync(pipe.reader);

    const child = startIn(folder, cli.env, [PUSH, pipe.writer, 'pipe']);
    const [errors, [code]] = await Promise.all([text(child.stderr as Socket), once(child, 'close')]);

    expect([code, server.files().length]).toEqual([0, 1]);
    expect(errors).not.toContain('cannot be written');
  });

  test('that nobody reads yet does not stop a push', async ({ folder, cli, server }) => {
    await writeFile(join(folder, 'a.bin'), 'some bytes');
    const pipe = await openPipe(folder);
    const filling = fill(pipe.writer);

    const child = startIn(folder, cli.env, [PUSH, 'pipe', pipe.writer]);
    const [id] = await once(child.stdout as Socket, 'data');
    expect(`${id}`.trim()).toBe(server.files()[0]?.id);

    const errors = await text(new Socket({ fd: pipe.reader }));
    expect(errors.slice(0, filling)).toBe('.'.repeat(filling));
    expect(errors.slice(filling)).toMatch(/^a\.bin: 10 B in 1 part.*\na\.bin: file-.*\n$/);
  });
});

async function makeMany(folder: string): Promise<void> {
  await mkdir(join(folder, 'many'));
  for (let index = 0; index < FILES; index += 1)
    await writeFile(join(folder, 'many', `${index}.txt`), 'some words');
}

function shellIn(cwd: string, env: NodeJS.ProcessEnv) {
  const options = { cwd, env: { PATH: process.env.PATH, ...env } };
  return (script: string) => promisify(execFile)('bash', ['-euo', 'pipefail', '-c', script], options);
}

/** Starts a command. The end of the pipe that it writes to is left to it. */
function startIn(
  cwd: string,
  env: NodeJS.ProcessEnv,
  [args, stdout, stderr]: readonly [readonly string[], 'pipe' | number, 'pipe' | number],
) {
  const options = { cwd, env: { PATH: process.env.PATH, ...env } };
  const child = spawn(PROGRAM, [...PROGRAM_ARGS, ...args], { ...options, stdio: ['ignore', stdout, stderr] });
  for (const end of [stdout, stderr]) if (typeof end === 'number') closeSync(end);
  return child;
}

async function openPipe(folder: string): Promise<{ readonly reader: number; readonly writer: number }> {
  const path = join(folder, 'pipe');
  execFileSync('mkfifo', [path]);
  const reader = openSync(path, constants.O_RDONLY | constants.O_NONBLOCK);
  return { reader, writer: openSync(path, constants.O_WRONLY) };
}

/** @returns how many bytes fit */
function fill(writer: number): number {
  // The writer itself waits.
  const own = openSync(`/proc/self/fd/${writer}`, constants.O_WRONLY | constants.O_NONBLOCK);
  let bytes = 0;
  try {
    for (;;) bytes += writeSync(own, '.'.repeat(4096));
  } catch {
    closeSync(own);
  }
  return bytes;
}
