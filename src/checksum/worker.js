// Runs in a worker thread. It has nothing else to do, so synchronous reads are the cheapest there.
import { parentPort, workerData } from 'node:worker_threads';
import { hashChunks } from './hash-chunks.js';

for (const report of hashChunks(workerData)) if (report !== null) parentPort?.postMessage(report);
