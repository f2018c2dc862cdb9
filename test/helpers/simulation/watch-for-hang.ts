import { Worker } from 'node:worker_threads';

/** Many thousand times what a scenario takes. */
const LIMIT_MS = 60_000;

/** Watches from a thread of its own, because a run that never ends may never let go of the main one. */
export interface HangWatch {
  /** Says that the scenario of this seed begins, and that the one before has ended. */
  begin(seed: number): void;
  end(): Promise<void>;
}

/**
 * It waits for the count of scenarios to change. The process is killed, because nothing else ends a
 * loop.
 */
const WATCHER = `
const { writeSync } = require('node:fs');
const { workerData } = require('node:worker_threads');
const { seed, count, limitMs } = workerData;
for (let seen = 0; ; seen = Atomics.load(count, 0)) {
  if (seen < 0) break;
  if (Atomics.wait(count, 0, seen, seen === 0 ? Infinity : limitMs) !== 'timed-out') continue;
  writeSync(2, \`seed \${seed[0]} (npm run soak -- --seed \${seed[0]}): the scenario does not end\\n\`);
  process.kill(process.pid, 'SIGKILL');
}
`;

/** Kills the process, and names the seed, when a scenario takes longer than `limitMs`. */
export function watchForHang(limitMs = LIMIT_MS): HangWatch {
  const seed = new Float64Array(new SharedArrayBuffer(8));
  const count = new Int32Array(new SharedArrayBuffer(4));
  const watcher = new Worker(WATCHER, { eval: true, workerData: { seed, count, limitMs } });
  watcher.unref();
  const set = (value: number) => {
    Atomics.store(count, 0, value);
    Atomics.notify(count, 0);
  };

  return {
    begin(next) {
      seed[0] = next;
      set(Atomics.load(count, 0) + 1);
    },
    async end() {
      set(-1);
      await watcher.terminate();
    },
  };
}
