import process from 'node:process';

const SIGNALS = ['SIGINT', 'SIGTERM', 'SIGHUP', 'SIGQUIT'] as const;

/** Who listened to signals before conf was loaded: this module must be evaluated first. */
const before = new Map(SIGNALS.map((signal) => [signal, new Set(process.rawListeners(signal))]));

/**
 * Takes off the signal listeners that loading conf has put on. Its writer (atomically, by way of when-exit) answers
 * each first signal by sending it to the process again. To us a second SIGINT means "leave at once", so with that
 * listener no first one could ever end cleanly. Its temporary files are still removed on `exit`.
 */
export function dropNewSignalListeners(): void {
  for (const [signal, known] of before) {
    for (const listener of process.rawListeners(signal)) {
      if (!known.has(listener)) process.off(signal, listener as NodeJS.SignalsListener);
    }
  }
}
