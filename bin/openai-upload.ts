#!/usr/bin/env node
import process from 'node:process';
import { SIGNAL_EXIT_CODES, type StopSignal } from '../src/cli/exit-codes.ts';
import { main } from '../src/cli/main.ts';

/** The first signal stops cleanly; who sends a second one does not want to wait. */
const stop = new AbortController();
for (const signal of Object.keys(SIGNAL_EXIT_CODES) as StopSignal[]) {
  process.on(signal, () => {
    if (stop.signal.aborted) process.exit(SIGNAL_EXIT_CODES[signal]);
    stop.abort(signal);
  });
}

// Whoever reads our output may leave early, as `head` does; the upload is worth finishing all the same.
for (const stream of [process.stdout, process.stderr]) {
  stream.on('error', (error: NodeJS.ErrnoException) => {
    if (error.code !== 'EPIPE') throw error;
  });
}

const { env, stdout, stderr } = process;
process.exitCode = await main({ argv: process.argv.slice(2), env, stdout, stderr, signal: stop.signal });
