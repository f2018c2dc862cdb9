import { once } from 'node:events';
import { Worker } from 'node:worker_threads';

/** Node for Windows opens a file with this flag so that nobody else can. */
const EXCLUSIVE = 0x10000000;

const HOLDER = `
const { closeSync, openSync } = require('node:fs');
const { parentPort, workerData } = require('node:worker_threads');
const file = openSync(workerData.path, workerData.flag);
parentPort.postMessage('held');
Atomics.wait(new Int32Array(new SharedArrayBuffer(4)), 0, 0, workerData.ms);
closeSync(file);
`;

/**
 * Keeps a file for itself for a while on Windows, as a virus scanner does. A thread does it, because
 * what waits for the file may block this one.
 * @returns what resolves when the file is free again
 */
export async function holdOpen(path: string, ms: number): Promise<{ readonly released: Promise<unknown> }> {
  const worker = new Worker(HOLDER, { eval: true, workerData: { path, ms, flag: EXCLUSIVE } });
  const released = once(worker, 'exit');
  await once(worker, 'message');
  return { released };
}
