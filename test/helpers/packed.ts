import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { join } from 'node:path';
import { text as readAll } from 'node:stream/consumers';
import type { CliResult } from './run-cli.ts';

/** Ends the program with what it printed; on Windows npm and what it installs are scripts of the shell there. */
export async function runProgram(
  program: string,
  args: readonly string[],
  { cwd, env }: { cwd: string; env: NodeJS.ProcessEnv },
): Promise<CliResult> {
  const child = spawn(program, args, { cwd, env, shell: process.platform === 'win32' });
  const [stdout, stderr, [code, signal]] = await Promise.all([
    readAll(child.stdout),
    readAll(child.stderr),
    once(child, 'close'),
  ]);
  return { code, signal, stdout, stderr };
}

interface PackedFile {
  readonly path: string;
  readonly size: number;
}

export interface Packed {
  /** The path of the tarball. */
  readonly tarball: string;
  readonly unpackedSize: number;
  readonly files: readonly PackedFile[];
}

/** Packs the repository as it is built, into a folder. */
export async function packInto(folder: string, root: string): Promise<Packed> {
  const args = ['pack', '--ignore-scripts', '--json', '--pack-destination', folder];
  const { stdout, stderr } = await runProgram('npm', args, { cwd: root, env: process.env });
  const packed = Object.values(JSON.parse(stdout))[0] as Omit<Packed, 'tarball'> & { filename: string };
  if (packed === undefined) throw new Error(stderr);
  return { ...packed, tarball: join(folder, packed.filename) };
}
