import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { mkdir, mkdtemp, readdir, readFile, readlink, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { text as readAll } from 'node:stream/consumers';
import { setTimeout } from 'node:timers/promises';
import { createCli } from '../helpers/create-cli.ts';
import { batchLines, writeLines } from '../helpers/jsonl.ts';
import { putOnPath } from '../helpers/put-on-path.ts';
import { startUploadsServer } from '../helpers/uploads-server/start-uploads-server.ts';
import type { UploadsServer } from '../helpers/uploads-server/uploads-server.ts';

const FILES = Array.from({ length: 60 }, (_, index) => `part-${index}.jsonl`);

/** A folder with files and their list, a server, and the environment in which both are used. */
export interface Stage {
  readonly folder: string;
  readonly server: UploadsServer;
  readonly env: NodeJS.ProcessEnv;
}

export interface Ended {
  readonly code: number | null;
  readonly output: string;
}

export async function onStage(work: (stage: Stage) => Promise<string>): Promise<string> {
  const folder = await mkdtemp(join(tmpdir(), 'openai-upload-engines-'));
  const server = await startUploadsServer({ profile: 'strict' });

  try {
    for (const [index, name] of FILES.entries()) await writeLines(join(folder, name), batchLines(2 + index));
    await writeFile(join(folder, 'files.txt'), `${FILES.join('\n')}\n`);
    await mkdir(join(folder, 'config'));
    // A refused request ends the run at once, as it would after all attempts.
    await writeFile(join(folder, 'config', 'config.json'), JSON.stringify({ retries: 0 }));
    const config = { OPENAI_UPLOAD_CONFIG_DIR: join(folder, 'config'), PATH: await putOnPath(folder) };

    const told = await work({ folder, server, env: { ...createCli(folder, server).env, ...config } });

    server.assertAllFaultsHappened();
    const names = server.files().map(({ filename }) => filename);
    if (names.toSorted().join() !== FILES.toSorted().join())
      throw new Error(`the server has ${names.length} files, and should have each of ${FILES.length} once`);
    return told;
  } finally {
    await killPushes(folder);
    await server.close();
    await rm(folder, { recursive: true, force: true, maxRetries: 5 });
  }
}

export async function run(
  [command = '', ...args]: readonly string[],
  { folder, env }: Pick<Stage, 'folder' | 'env'>,
): Promise<Ended> {
  const child = spawn(command, args, { cwd: folder, env, stdio: ['ignore', 'pipe', 'pipe'] });
  const [stdout, stderr, [code]] = await Promise.all([
    readAll(child.stdout),
    readAll(child.stderr),
    once(child, 'close'),
  ]);
  return { code, output: stdout + stderr };
}

export async function succeed(
  command: readonly string[],
  place: Pick<Stage, 'folder' | 'env'>,
): Promise<string> {
  const { code, output } = await run(command, place);
  if (code !== 0) throw new Error(`${command.join(' ')} exited with ${code}:\n${output}`);
  return output;
}

/** Some parts arrive, and from then on all are held, until 'parts' is released. */
export async function holdParts(server: UploadsServer): Promise<void> {
  await server.waitFor((requests) => requests.filter(({ call }) => call === 'part').length >= 12);
  server.addFaults({ call: 'part', nth: 'every', kind: 'hold', label: 'parts' });
  await server.waitForHeld('parts');
}

/** Ends every push of the folder as `kill -9` does. @returns how many there were */
export async function killPushes(folder: string): Promise<number> {
  const pids = (await readdir('/proc')).filter((name) => /^\d+$/.test(name));
  const found = await Promise.all(
    pids.map(async (pid) => {
      const cwd = await readlink(`/proc/${pid}/cwd`).catch(() => '');
      return cwd === folder && (await argumentsOf(pid)).includes('openai-upload.js\0push') ? [pid] : [];
    }),
  );
  const pushes = found.flat();
  for (const pid of pushes) process.kill(Number(pid), 'SIGKILL');
  return pushes.length;
}

/** What every user of this machine can read of all its processes. */
export async function allArguments(): Promise<string> {
  const pids = (await readdir('/proc')).filter((name) => /^\d+$/.test(name));
  return (await Promise.all(pids.map(argumentsOf))).join('\n');
}

/** Empty for a process that has ended by now. */
function argumentsOf(pid: string): Promise<string> {
  return readFile(`/proc/${pid}/cmdline`, 'utf8').catch(() => '');
}

/** Asks an engine, which tells nobody by itself, until it says so. */
export async function until(what: string, seconds: number, holds: () => Promise<boolean>): Promise<void> {
  const end = performance.now() + seconds * 1000;
  while (!(await holds())) {
    if (performance.now() > end) throw new Error(`after ${seconds} s, ${what} has not come`);
    await setTimeout(250);
  }
}
