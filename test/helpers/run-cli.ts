import { type ChildProcess, spawn } from 'node:child_process';
import { once } from 'node:events';
import { fileURLToPath } from 'node:url';

/** The command as `npm run build` makes it. */
export const BINARY = fileURLToPath(new URL('../../dist/bin/openai-upload.js', import.meta.url));

/** What starts the command: Node and its script, or the single executable that TEST_EXECUTABLE names. */
export const [PROGRAM, ...PROGRAM_ARGS]: readonly [string, ...string[]] =
  process.env.TEST_EXECUTABLE === undefined ? [process.execPath, BINARY] : [process.env.TEST_EXECUTABLE];

/** An executable takes no `--import` from NODE_OPTIONS, so nothing can be put under its file system. */
export const TAKES_HOOKS = process.env.TEST_EXECUTABLE === undefined;

/** The same for a line of a shell. */
export const IN_SHELL = [PROGRAM, ...PROGRAM_ARGS].map((word) => `'${word}'`).join(' ');

export interface CliResult {
  /** Null when a signal ended it. */
  readonly code: number | null;
  readonly signal: NodeJS.Signals | null;
  readonly stdout: string;
  readonly stderr: string;
}

export interface CliRun {
  readonly child: ChildProcess;
  /** Settles when the process has ended and its streams are read to their ends. */
  readonly result: Promise<CliResult>;
  /** Resolves once stderr holds the text. Rejects when the process ends without it. */
  waitForStderr(text: string): Promise<void>;
}

/** Starts the real binary. It sees nothing of this machine's environment but PATH and what is given. */
export function startCli(
  args: readonly string[],
  env: NodeJS.ProcessEnv,
  cwd?: string,
  stdin: 'ignore' | 'pipe' | number = 'ignore',
): CliRun {
  const child = spawn(PROGRAM, [...PROGRAM_ARGS, ...args], {
    env: { PATH: process.env.PATH, ...env },
    stdio: [stdin, 'pipe', 'pipe'],
    ...(cwd !== undefined && { cwd }),
  });
  const output = { stdout: '', stderr: '' };
  for (const name of ['stdout', 'stderr'] as const) {
    child[name]?.setEncoding('utf8').on('data', (text: string) => {
      output[name] += text;
    });
  }
  const result = once(child, 'close').then(([code, signal]) => ({ code, signal, ...output }));
  return {
    child,
    result,
    waitForStderr: (text) =>
      new Promise((resolve, reject) => {
        const look = () => output.stderr.includes(text) && resolve();
        look();
        child.stderr?.on('data', look);
        void result.then(() => reject(new Error(`"${text}" never came; stderr was:\n${output.stderr}`)));
      }),
  };
}
