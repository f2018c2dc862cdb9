#!/usr/bin/env node
import process from 'node:process';
import { SIGNAL_EXIT_CODES, type StopSignal } from '../src/cli/exit-codes.ts';
import { keepCompiledCode } from './compile-cache.ts';

/** What `--help` prints where no terminal asks for its width. The build puts it here. */
declare const HELP: string | undefined;

/**
 * The first signal stops cleanly. The second exits at once, because the user does not want to wait.
 */
const stop = new AbortController();
for (const signal of Object.keys(SIGNAL_EXIT_CODES) as StopSignal[]) {
  process.on(signal, () => {
    if (stop.signal.aborted) process.exit(SIGNAL_EXIT_CODES[signal]);
    stop.abort(signal);
  });
}

// The reader of our output may leave early (`head` does), and a terminal may close. The upload is
// still worth finishing. A result that cannot be written must not pass for one that was written.
const stderr = openedOnce('stderr', () => undefined);
const stdout = openedOnce('stdout', ({ code }) => {
  if (code === 'EPIPE') return;
  stderr().write(`openai-upload: the result cannot be written to stdout (${code})\n`);
  process.exitCode = 10;
});

const { argv, env } = process;
const stdin = () => process.stdin;
const words = argv.slice(2);

if (typeof HELP === 'string' && /^(-h|--help)$/.test(words.join(' ')) && !stdout().isTTY) {
  stdout().write(HELP);
} else {
  // Everything that is imported from here on may come from the cache.
  keepCompiledCode(env);
  void import('../src/cli/main.ts')
    .then(({ main }) => main({ argv: words, env, stdin, stdout, stderr, signal: stop.signal }))
    .then((exitCode) => {
      process.exitCode ||= exitCode;
    });
}

function openedOnce(name: 'stdout' | 'stderr', onError: (error: NodeJS.ErrnoException) => void) {
  let stream: NodeJS.WriteStream | undefined;
  return () => {
    stream ??= process[name].on('error', onError);
    return stream;
  };
}
