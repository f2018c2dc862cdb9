import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join, resolve } from 'node:path';
import { makeFile } from '../helpers/make-file.ts';
import { startUploadsServer } from '../helpers/uploads-server/start-uploads-server.ts';
import type { UploadsServer, UploadsServerOptions } from '../helpers/uploads-server/uploads-server.ts';

const PURPOSE = 'user_data';

/** What came of a command. */
export interface Ended {
  /** Null when a signal ended it. */
  readonly code: number | null;
  /** Its stdout and stderr. */
  readonly output: string;
}

export interface Run {
  readonly ended: Promise<Ended>;
  /** Sends it, and all that it has started, a signal. */
  kill(signal: NodeJS.Signals): void;
}

/** A server, a file and a client, for one check. */
export interface Stage {
  readonly server: UploadsServer;
  readonly path: string;
  /** Of the file as it was made. */
  readonly md5: string;
  /** Starts the client. Its home is the stage's own, and stays the same. */
  start(): Run;
}

export interface StageOptions {
  /** The client and its first arguments. The file and the purpose follow. */
  readonly command: readonly string[];
  readonly filename: string;
  readonly bytes: number;
  readonly server: UploadsServerOptions;
}

/** Plays on a stage of its own, and ends all that it has started. */
export async function onStage<T>(options: StageOptions, play: (stage: Stage) => Promise<T>): Promise<T> {
  const folder = await mkdtemp(join(tmpdir(), 'openai-upload-conformance-'));
  const server = await startUploadsServer(options.server);
  const runs: Run[] = [];

  try {
    const path = join(folder, options.filename);
    const md5 = await makeFile(path, options.bytes);
    const start = () => {
      const run = startClient([...options.command, path, PURPOSE], folder, server);
      runs.push(run);
      return run;
    };
    return await play({ server, path, md5, start });
  } finally {
    for (const run of runs) run.kill('SIGKILL');
    await Promise.all(runs.map(({ ended }) => ended));
    await server.close();
    await rm(folder, { recursive: true, force: true });
  }
}

/** It sees nothing of this machine's environment but PATH and what it needs. */
function startClient(command: readonly string[], home: string, server: UploadsServer): Run {
  const [program = '', ...args] = command;
  const child = spawn(program, args, {
    cwd: resolve('.'),
    env: {
      PATH: process.env.PATH,
      HOME: home,
      OPENAI_API_KEY: server.apiKey,
      OPENAI_BASE_URL: server.baseUrl,
    },
    stdio: ['ignore', 'pipe', 'pipe'],
    // A group of its own, so that a signal reaches what a script has started.
    detached: true,
  });

  let output = '';
  for (const stream of [child.stdout, child.stderr])
    stream.setEncoding('utf8').on('data', (text: string) => {
      output += text;
    });

  return {
    ended: once(child, 'close').then(([code]) => ({ code, output })),
    kill(signal) {
      if (child.pid === undefined || child.exitCode !== null || child.signalCode !== null) return;
      process.kill(-child.pid, signal);
    },
  };
}
