import process from 'node:process';

const SIGNALS = ['SIGINT', 'SIGTERM', 'SIGHUP', 'SIGQUIT'] as const;

/** The listeners before conf is loaded. This module must be evaluated first. */
const before = new Map(SIGNALS.map((signal) => [signal, new Set(process.rawListeners(signal))]));

/**
 * Removes the signal listeners that loading conf adds. Its writer (atomically, through when-exit)
 * handles the first signal by sending it to the process again. For us a second SIGINT means "end at
 * once", so with that listener no run could end cleanly. Its temporary files are still removed on
 * `exit`.
 */
export function dropNewSignalListeners(): void {
  for (const [signal, known] of before) {
    for (const listener of process.rawListeners(signal)) {
      if (!known.has(listener)) process.off(signal, listener as NodeJS.SignalsListener);
    }
  }
}
