#!/usr/bin/env node
import { existsSync } from 'node:fs';
import { SIGNAL_EXIT_CODES, type StopSignal, stoppedBy } from '../src/cli/exit-codes.ts';
import { createFileLoader } from './load-files.ts';
import { openOutput } from './open-output.ts';

/** What `--help` prints where no terminal asks for its width. The build puts it here. */
declare const HELP: string | undefined;
/** What `--version` prints. */
declare const VERSION: string | undefined;
/** Names the contents of the bundle beside this file, in the npm package. */
declare const BUILD: string | undefined;

const SHELL = '/bin/sh';

/**
 * The first signal stops cleanly. The second exits at once, because the user does not want to wait.
 * So does the first once all is done.
 */
const stop = new AbortController();
let hasEnded = false;
for (const signal of Object.keys(SIGNAL_EXIT_CODES) as StopSignal[]) {
  process.on(signal, () => {
    if (hasEnded || stop.signal.aborted) exit(signal);
    stop.abort(signal);
  });
}

/**
 * Exits with the code of a signal. Nothing cancels the lookup of a host name, and an exit waits for
 * it: minutes, when the name server is silent. Only the signal itself does not wait. A shell gives
 * it the same code. On Windows an exit does not wait, and the code would be 1. After SIGHUP the
 * terminal is gone, and an exit would abort because it cannot be reset.
 */
function exit(signal: StopSignal): void {
  if ((isLookingUp() || signal === 'SIGHUP') && process.platform !== 'win32') {
    process.removeAllListeners(signal);
    process.kill(process.pid, signal);
  }
  process.exit(SIGNAL_EXIT_CODES[signal]);
}

/** Since Node 22.15, and not on Windows. */
type Execve = ((file: string, args: readonly string[], env: NodeJS.ProcessEnv) => void) | undefined;

/**
 * Exits with any other code during a lookup. Another program in the place of this one does not wait
 * for it. Where that cannot be, the lookup is waited for, and a signal is still heard.
 */
function exitAs(code: number): void {
  const { execve } = process as { readonly execve?: Execve };
  if (process.platform === 'win32') process.exit(code);
  if (existsSync(SHELL)) execve?.(SHELL, [SHELL, '-c', `exit ${code}`], {});
}

function isLookingUp(): boolean {
  return process.getActiveResourcesInfo().includes('GetAddrInfoReqWrap');
}

// The reader of our output may leave early (`head` does), and a terminal may close. The upload is
// still worth finishing. A result that cannot be written must not pass for one that was written.
const stderr = once(() => openOutput('stderr', () => undefined));
const stdout = once(() =>
  openOutput('stdout', ({ code }) => {
    // On a full disk every write fails. One message is enough.
    if (code === 'EPIPE' || process.exitCode === 10) return;
    stderr().write(`openai-upload: the result cannot be written to stdout (${code})\n`);
    process.exitCode = 10;
  }),
);

const { argv, env } = process;
const stdin = () => process.stdin;
const words = argv.slice(2);

if (typeof HELP === 'string' && /^(-h|--help)$/.test(words.join(' ')) && !stdout().isTTY) {
  stdout().write(HELP);
} else if (typeof VERSION === 'string' && /^(-V|--version)$/.test(words.join(' '))) {
  stdout().write(VERSION);
} else {
  void importMain()
    .then(({ main }) => main({ argv: words, env, stdin, stdout, stderr, signal: stop.signal }))
    .then(end);
}

type Main = typeof import('../src/cli/main.ts');

async function importMain(): Promise<Main> {
  if (typeof BUILD === 'undefined') return import('../src/cli/main.ts');
  const load = createFileLoader({ directory: __dirname, build: BUILD }, words[0], env);
  const { chunks } = load('main.js') as { readonly chunks: { readonly chunk_main: Main } };
  return chunks.chunk_main;
}

function end(exitCode: number): void {
  process.exitCode ||= exitCode;
  hasEnded = true;
  const signal = stoppedBy(stop.signal);
  // Mostly, the end comes by itself. It, too, comes once all output is written.
  if (!isLookingUp() && signal !== 'SIGHUP') return;

  stdout().write('', () =>
    stderr().write('', () => {
      if (signal && exitCode === SIGNAL_EXIT_CODES[signal]) exit(signal);
      else exitAs(Number(process.exitCode));
    }),
  );
}

function once<T>(make: () => T): () => T {
  let made: T | undefined;
  return () => {
    made ??= make();
    return made;
  };
}
