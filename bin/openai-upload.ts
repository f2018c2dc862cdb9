#!/usr/bin/env node
import process from 'node:process';
import { SIGNAL_EXIT_CODES, type StopSignal } from '../src/cli/exit-codes.ts';
import { keepCompiledCode } from './compile-cache.ts';

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
process.stderr.on('error', () => undefined);
process.stdout.on('error', ({ code }: NodeJS.ErrnoException) => {
  if (code === 'EPIPE') return;
  process.stderr.write(`openai-upload: the result cannot be written to stdout (${code})\n`);
  process.exitCode = 10;
});

const { env, stdout, stderr } = process;
const stdin = () => process.stdin;

// Everything that is imported from here on may come from the cache.
keepCompiledCode(env);
void import('../src/cli/main.ts')
  .then(({ main }) => main({ argv: process.argv.slice(2), env, stdin, stdout, stderr, signal: stop.signal }))
  .then((exitCode) => {
    process.exitCode ||= exitCode;
  });
