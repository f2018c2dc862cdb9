import { type ChildProcessByStdio, spawn } from 'node:child_process';
import { once } from 'node:events';
import type { Readable } from 'node:stream';

export interface ChildRun {
  readonly child: ChildProcessByStdio<null, Readable, null>;
  /** What it has written until now. */
  stdout(): string;
  /** Resolves when it has ended and its output is read; never rejects. */
  readonly ended: Promise<{ readonly code: number | null; readonly signal: NodeJS.Signals | null }>;
  /** Resolves when it is gone. Harmless when it is already. */
  kill(): Promise<void>;
}

/** What a child may know of the user's environment: nothing that could lead it elsewhere, such as a key or a proxy. */
const PASSED_ON = ['PATH', 'HOME', 'TMPDIR', 'TERM', 'NO_COLOR', 'FORCE_COLOR', 'SystemRoot', 'TEMP'];

/** Starts a Node process that dies with the signal. */
export function startChild(options: {
  readonly nodeArgs?: readonly string[];
  readonly script: string;
  readonly args: readonly string[];
  readonly env: NodeJS.ProcessEnv;
  readonly stderr: 'inherit' | 'ignore';
  readonly cwd?: string;
  readonly signal: AbortSignal;
}): ChildRun {
  const { nodeArgs = [], script, args, env, stderr, cwd, signal } = options;
  signal.throwIfAborted();
  const passedOn = Object.fromEntries(PASSED_ON.map((name) => [name, process.env[name]]));
  const child = spawn(process.execPath, [...nodeArgs, script, ...args], {
    env: { ...passedOn, ...env },
    stdio: ['ignore', 'pipe', stderr],
    ...(cwd !== undefined && { cwd }),
  }) as ChildProcessByStdio<null, Readable, null>;
  let output = '';
  child.stdout.setEncoding('utf8').on('data', (text: string) => {
    output += text;
  });
  const onAbort = () => void child.kill('SIGKILL');
  signal.addEventListener('abort', onAbort, { once: true });
  const ended = once(child, 'close')
    .then(([code, by]) => ({ code, signal: by }))
    .catch(() => ({ code: null, signal: null }))
    .finally(() => signal.removeEventListener('abort', onAbort));
  return {
    child,
    stdout: () => output,
    ended,
    async kill() {
      child.kill('SIGKILL');
      await ended;
    },
  };
}
