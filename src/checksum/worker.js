// Runs in a worker thread, which has nothing else to do: it reads synchronously, in large blocks, the cheapest way there is.
import { parentPort, workerData } from 'node:worker_threads';
import { hashRanges } from './hash-ranges.js';

for (const report of hashRanges(workerData)) if (report !== null) parentPort?.postMessage(report);
