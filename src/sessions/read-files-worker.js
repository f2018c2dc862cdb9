// Runs in a worker thread. Each message asks for one more chunk, so that few wait to be used.
import { parentPort, workerData } from 'node:worker_threads';
import { readFiles } from './read-files.js';

const chunks = readFiles(workerData);

parentPort?.on('message', () => {
  const { value: chunk } = chunks.next();
  if (chunk) parentPort?.postMessage(chunk, [chunk.bytes.buffer]);
});
